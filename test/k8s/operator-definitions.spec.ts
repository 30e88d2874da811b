import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kubebox } from '../support/kubebox.js';
import { installDefinitions, speechModel, SPEECH_MODELS } from '../support/operator.js';

const cache = (spec: object, name = 'shared') => ({
  apiVersion: 'parlance.dev/v1alpha1',
  kind: 'ModelCache',
  metadata: { name },
  spec: { models: ['whisper-base'], storage: { size: '10Gi' }, ...spec },
});
const voice = (spec: object) => ({
  apiVersion: 'parlance.dev/v1alpha1',
  kind: 'VoiceModel',
  metadata: { name: 'joe' },
  spec: { engine: 'local', cache: { name: 'shared' }, secretName: 'parlance', ...spec },
});

describe('the custom resource definitions', () => {
  let box: Kubebox;

  beforeAll(async () => {
    box = await Kubebox.start({ nodes: 1 });
    await installDefinitions(box);
  }, 600_000);
  afterAll(() => box?.stop());

  /** What the API server says of an object that is tried and not kept. */
  const dryRun = (object: object) =>
    box.run('kubectl', ['apply', '--server-side', '--dry-run=server', '-n', 'default', '-f', '-'], {
      input: JSON.stringify(object),
    });

  it.each<[string, object, string]>([
    [
      'no source',
      speechModel('a', { source: {} }),
      'spec.source: name exactly one of catalogue, huggingFace, package, s3, volume',
    ],
    [
      'two sources',
      speechModel('a', { source: { catalogue: 'x', huggingFace: { id: 'a/b' } } }),
      'spec.source: name exactly one of',
    ],
    [
      'an unknown source',
      speechModel('a', { source: { ftp: 'ftp://x' } }),
      '.spec.source.ftp: field not declared in schema',
    ],
    [
      'a path for a catalogue name',
      speechModel('a', { source: { catalogue: '../etc' } }),
      'spec.source.catalogue: must be a name such as',
    ],
    [
      'a hub id without an owner',
      speechModel('a', { source: { huggingFace: { id: 'whisper' } } }),
      'spec.source.huggingFace.id: must be OWNER/NAME',
    ],
    [
      'an unknown registry',
      speechModel('a', { source: { package: { registry: 'conda', name: 'x' } } }),
      'spec.source.package.registry: Unsupported value: "conda"',
    ],
    [
      'an S3 address without a folder',
      speechModel('a', { source: { s3: { uri: 's3://bucket' } } }),
      'spec.source.s3.uri: must be s3://BUCKET/FOLDER',
    ],
    [
      'too many GPUs',
      speechModel('a', { resources: { profile: 'h100', gpus: 9 } }),
      'spec.resources.gpus: no node has more than 8',
    ],
    [
      'GPUs of a CPU profile',
      speechModel('a', { resources: { profile: 'cpu', gpus: 1 } }),
      'spec.resources.gpus: the profiles cpu and cpu-large have no GPU',
    ],
    [
      'two MIG slices',
      speechModel('a', { resources: { profile: 'a100-mig-1g', gpus: 2 } }),
      'spec.resources.gpus: a MIG slice is one device',
    ],
    [
      'no GPU of a GPU profile',
      speechModel('a', { resources: { profile: 'l4', gpus: 0 } }),
      'spec.resources.gpus: a GPU profile needs at least 1',
    ],
    [
      'an unknown profile',
      speechModel('a', { resources: { profile: 'tpu' } }),
      'spec.resources.profile: Unsupported value: "tpu"',
    ],
    [
      'memory that is no quantity',
      speechModel('a', { resources: { memory: 'lots' } }),
      'spec.resources.memory',
    ],
    [
      'min above max',
      speechModel('a', { replicas: { min: 4, max: 2 } }),
      'spec.replicas.min: must not be above spec.replicas.max',
    ],
    ['a negative min', speechModel('a', { replicas: { min: -1 } }), 'spec.replicas.min'],
    ['a name of 64 letters', speechModel('a'.repeat(64)), 'metadata.name: must have at most 40 characters'],
    ['a name with a dot', speechModel('a.b'), 'metadata.name: must begin with a letter'],
    ['f16 on CPUs', speechModel('a', { precision: 'f16' }), 'spec.precision: f16 runs on GPUs'],
    [
      'a language that is none',
      speechModel('a', { language: 'english please' }),
      'spec.language: must be a language tag',
    ],
    [
      'a cache and a volume',
      speechModel('a', { cache: { name: 'c' }, source: { volume: { claimName: 'v', model: 'm' } } }),
      'spec.cache: a model of spec.source.volume lies on a volume already',
    ],
    [
      'a weight of 100',
      speechModel('a', { rollout: { weights: [100] } }),
      'spec.rollout.weights: each must be between 1 and 99',
    ],
    [
      'environment that other fields make',
      speechModel('a', { env: [{ name: 'PARLANCE_MODELS', value: '/x' }] }),
      'spec.env: PARLANCE_DEFAULT_MODEL',
    ],
    ['the same variable twice', speechModel('a', { env: [{ name: 'A' }, { name: 'A' }] }), 'env'],
    [
      'a misspelt field',
      speechModel('a', { replica: { min: 1 } }),
      '.spec.replica: field not declared in schema',
    ],
    ['a cache of nothing', cache({ models: [] }), 'spec.models'],
    [
      'a cache of a path',
      cache({ models: ['../x'] }),
      'spec.models: each must be a name of the catalogue or OWNER/NAME',
    ],
    [
      'a cache with two volumes',
      cache({ storage: { size: '1Gi', claimName: 'x' } }),
      'spec.storage: give either claimName',
    ],
    [
      'a local voice without models',
      voice({ cache: undefined }),
      'spec.cache: local voices need a ModelCache',
    ],
  ])(
    'refuse %s and name the field',
    async (_, object, message) => {
      const { status, errors } = await dryRun(object);
      expect(status).not.toBe(0);
      expect(errors).toContain(message);
    },
    60_000,
  );

  it('let the samples in', async () => {
    const folder = join(process.cwd(), 'k8s/samples');
    for (const file of readdirSync(folder)) {
      const { status, errors } = await box.run('kubectl', [
        'apply',
        '--server-side',
        '--dry-run=server',
        '-n',
        'default',
        '-f',
        join(folder, file),
      ]);
      expect({ file, status, errors }).toEqual({ file, status: 0, errors: '' });
    }
  }, 600_000);

  it('give short names, columns and a scale', async () => {
    await box.apply([speechModel('short', { replicas: { min: 1, max: 4 } })]);
    const { status } = await box.request(
      'PATCH',
      `${SPEECH_MODELS('default', 'short')}/status`,
      { status: { model: 'whisper-base', replicas: 1, selector: 'a=b' } },
      'application/merge-patch+json',
    );
    expect(status).toBe(200);
    const listed = await box.kubectl(['get', 'spm', 'short']);
    expect(listed).toMatch(
      /NAME\s+MODEL\s+READY\s+REASON\s+REPLICAS\s+READY REPLICAS\s+SCALED BY\s+ROLLOUT\s+AGE/,
    );
    expect(listed).toMatch(/short\s+whisper-base/);
    await box.kubectl(['scale', 'speechmodel/short', '--replicas=3']);
    const scaled = await box.get<{ spec: { replicas: object } }>(SPEECH_MODELS('default', 'short'));
    expect(scaled?.spec.replicas).toEqual({ min: 3, max: 4 });
    const tooMany = await box.run('kubectl', ['scale', 'speechmodel/short', '--replicas=5']);
    expect(tooMany.errors).toContain('spec.replicas.min: must not be above spec.replicas.max');
  }, 600_000);

  it('are valid for every server: structural, with no field of status that spec needs', () => {
    for (const file of readdirSync(join(process.cwd(), 'k8s/crds')))
      expect(readFileSync(join(process.cwd(), 'k8s/crds', file), 'utf8')).not.toContain(
        'preserveUnknownFields',
      );
  });
});
