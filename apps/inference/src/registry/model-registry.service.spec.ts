import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type { InferenceRuntime, ModelMetadata, ModelSource } from '@parlance/onnx';
import { ModelCatalog } from './model-catalog.js';
import { putCheckpoint, putFile } from './model-folder-fixture.js';
import { ModelRegistry } from './model-registry.service.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parlance-registry-'));
  await put('cache/tiny/manifest.json', '{}');
  await put('models/detector/detector.onnx', '');
  await putCheckpoint(folder, 'models/base');
});
afterEach(() => rm(folder, { recursive: true }));

const put = (path: string, text: string): Promise<void> => putFile(folder, path, text);

/** Stands for the worker threads: loads what it is told to, when it is told to. */
class FakeRuntime {
  readonly loaded: string[] = [];
  readonly unloaded: string[] = [];
  fault: AppError | undefined;
  ready = Promise.resolve();

  async load(source: ModelSource): Promise<ModelMetadata> {
    await this.ready;
    if (this.fault) throw this.fault;
    this.loaded.push(source.name);
    return { inputs: [], outputs: [] };
  }
  async unload(name: string): Promise<void> {
    this.unloaded.push(name);
  }
  async run(): Promise<void> {}
  workersIn(): number {
    return 1;
  }
  onModelLost(listener: FakeRuntime['lose']): void {
    this.lose = listener;
  }
  lose: (model: string, fault: AppError) => void = () => undefined;
}

function open(
  preload: readonly string[] = [],
  limitMiB = Infinity,
  loadWaitMs = 5_000,
): { runtime: FakeRuntime; registry: ModelRegistry; clock: { ms: number }; memory: number[][] } {
  const runtime = new FakeRuntime();
  const catalog = new ModelCatalog({
    cacheFolder: join(folder, 'cache'),
    modelFolders: [join(folder, 'models')],
    precision: 'int8',
  });
  const clock = { ms: 0 };
  const memory: number[][] = [];
  const registry = new ModelRegistry(
    runtime as unknown as InferenceRuntime,
    catalog,
    {
      defaultModel: 'tiny',
      preload,
      signalModels: [],
      loadWaitMs,
      memory: { limitBytes: limitMiB * MEBIBYTE, minResidentMs: 1000 },
    },
    { memoryChanged: (models, bytes) => memory.push([models, bytes / MEBIBYTE]) },
    () => clock.ms,
  );
  return { runtime, registry, clock, memory };
}

const MEBIBYTE = 1024 ** 2;
/** An ONNX model on disk that takes 16 MiB and three times its size. */
async function putModel(name: string, mebibytes: number): Promise<void> {
  await put(`models/${name}/model.onnx`, '');
  await truncate(join(folder, `models/${name}/model.onnx`), mebibytes * MEBIBYTE);
}

const coded = (code: string): unknown => expect.objectContaining({ code });

describe('the model registry', () => {
  it('is ready when everything that is preloaded is in memory', async () => {
    const { registry } = open(['tiny', 'detector']);
    expect(registry.isReady).toBe(false);
    await registry.preload();
    expect(registry.isReady).toBe(true);
    expect(registry.resolve('')).toBe('tiny');
    expect((await registry.list()).map(({ name, kind, state }) => [name, kind, state])).toEqual([
      ['tiny', 'whisper', 'ready'],
      ['detector', 'onnx', 'ready'],
    ]);
  });

  it('says that a model is unknown, or how to compile it', async () => {
    const { registry } = open();
    await expect(registry.use('nobody', async () => 1)).rejects.toEqual(coded('model.not_found'));
    await expect(registry.load('base')).rejects.toThrow('parlance models build base');
  });

  it('says that a model is not compiled in the precision of the configuration', async () => {
    await put('cache/tiny/manifest.json', '{"precisions":["f32"]}');
    const { registry } = open();
    await expect(registry.load('tiny')).rejects.toThrow("'tiny' is not compiled in int8");
  });

  it('loads a model on disk that is asked for, once, and lets all who ask wait for it', async () => {
    const { runtime, registry } = open();
    const asked = [1, 2, 3].map((n) => registry.use('tiny', async () => n));
    expect(await Promise.all(asked)).toEqual([1, 2, 3]);
    expect(runtime.loaded).toEqual(['tiny']);
  });

  it('says that a model is still being loaded when that takes longer than a request may wait', async () => {
    const { runtime, registry } = open([], Infinity, 20);
    const loading = Promise.withResolvers<void>();
    runtime.ready = loading.promise;
    await expect(registry.use('tiny', async () => 1)).rejects.toMatchObject({
      code: 'model.loading',
      retryable: true,
      retryAfterSeconds: 2,
    });
    loading.resolve();
    await expect(registry.use('tiny', async () => 1)).resolves.toBe(1);
  });

  it('tells all who wait for a model why it cannot be loaded', async () => {
    const { runtime, registry } = open();
    runtime.fault = new AppError('model.invalid', 'The model file cannot be loaded.');
    const asked = await Promise.allSettled([registry.hold('tiny'), registry.hold('tiny')]);
    expect(asked).toEqual([1, 2].map(() => ({ status: 'rejected', reason: coded('model.invalid') })));
  });

  it('loads a model once, however many ask at the same time', async () => {
    const { runtime, registry } = open();
    await Promise.all([registry.load('tiny'), registry.load('tiny')]);
    expect(runtime.loaded).toEqual(['tiny']);
  });

  it('keeps a broken model apart: it is named in the faults, others work, and it can be tried again', async () => {
    const { runtime, registry } = open(['tiny']);
    runtime.fault = new AppError('model.invalid', 'The model file cannot be loaded.');
    await registry.preload();
    expect(registry.isReady).toBe(false);
    expect(registry.faults()).toEqual(['tiny: The model file cannot be loaded.']);
    await expect(registry.use('tiny', async () => 1)).rejects.toEqual(coded('model.invalid'));
    runtime.fault = undefined;
    await registry.load('tiny');
    expect(registry.isReady).toBe(true);
    expect(registry.faults()).toEqual([]);
  });

  it('waits for those who hold a model before it is unloaded', async () => {
    const { runtime, registry } = open(['tiny']);
    await registry.preload();
    const release = await registry.hold('tiny');
    const unloaded = registry.unload('tiny');
    await new Promise((resolve) => setImmediate(resolve));
    expect(runtime.unloaded).toEqual([]);
    release();
    release();
    await unloaded;
    expect(runtime.unloaded).toEqual(['tiny']);
    expect((await registry.list()).find((model) => model.name === 'tiny')?.state).toBe('available');
  });

  it('is not ready any more when a preloaded model is lost, until it is loaded again', async () => {
    const { runtime, registry } = open(['tiny']);
    await registry.preload();
    runtime.lose('tiny', new AppError('model.invalid', 'The model file cannot be loaded.'));
    expect(registry.isReady).toBe(false);
    await expect(registry.use('tiny', async () => 1)).rejects.toEqual(coded('model.invalid'));
    await registry.load('tiny');
    expect(registry.isReady).toBe(true);
  });

  it('does not remember names that nobody has', async () => {
    const { registry } = open();
    await expect(registry.load('junk')).rejects.toEqual(coded('model.not_found'));
    expect(registry.faults()).toEqual([]);
  });

  it('loads a model again that is asked for while it leaves', async () => {
    const { runtime, registry } = open(['tiny']);
    await registry.preload();
    const release = await registry.hold('tiny');
    const unloaded = registry.unload('tiny');
    await new Promise((resolve) => setImmediate(resolve));
    const heldAgain = registry.hold('tiny');
    release();
    await unloaded;
    await heldAgain;
    expect([runtime.loaded, runtime.unloaded]).toEqual([['tiny', 'tiny'], ['tiny']]);
  });
});

describe('the model registry, short of memory', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c']) await putModel(name, 28);
    await putModel('huge', 100);
  });

  it('refuses a model that can never fit before anything is loaded', async () => {
    const { runtime, registry } = open([], 300);
    await expect(registry.load('huge')).rejects.toEqual(coded('model.too_large'));
    await expect(registry.hold('huge')).rejects.toThrow('about 316 MiB; models may take 300 MiB');
    expect(runtime.loaded).toEqual([]);
    await registry.load('a');
  });

  it('lets the idle model go that was not used for longest', async () => {
    const { runtime, registry, clock, memory } = open([], 250);
    for (const name of ['a', 'b']) await registry.load(name);
    clock.ms = 2000;
    await registry.use('a', async () => 1);
    await registry.load('c');
    expect([runtime.loaded, runtime.unloaded]).toEqual([['a', 'b', 'c'], ['b']]);
    expect(memory.at(-1)).toEqual([2, 200]);
    await expect(registry.use('a', async () => 1)).resolves.toBe(1);
  });

  it('keeps models in use and those of the configuration, and says when to come back', async () => {
    const { runtime, registry, clock } = open(['a'], 250);
    await registry.preload();
    await registry.load('b');
    const release = await registry.hold('b');
    clock.ms = 2000;
    const refused = { code: 'inference.overloaded', retryAfterSeconds: 30 };
    await expect(registry.load('c')).rejects.toMatchObject(refused);
    await expect(registry.hold('c')).rejects.toMatchObject(refused);
    release();
    await registry.hold('c');
    expect(runtime.unloaded).toEqual(['b']);
  });

  it('lets no model go that has hardly come', async () => {
    const { registry, clock } = open([], 150);
    await registry.load('a');
    clock.ms = 100;
    await expect(registry.load('b')).rejects.toMatchObject({
      code: 'inference.overloaded',
      retryAfterSeconds: 1,
    });
    clock.ms = 1000;
    await registry.load('b');
  });

  it('gives the room of one model to one other only', async () => {
    const { runtime, registry, clock } = open([], 150);
    await registry.load('a');
    clock.ms = 1000;
    const outcomes = await Promise.allSettled([registry.load('b'), registry.load('c')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(runtime.unloaded).toEqual(['a']);
    expect(runtime.loaded).toHaveLength(2);
  });

  it('frees the place of a model that failed', async () => {
    const { runtime, registry } = open([], 150);
    runtime.fault = new AppError('model.invalid', 'The model file cannot be loaded.');
    await expect(registry.load('a')).rejects.toEqual(coded('model.invalid'));
    runtime.fault = undefined;
    await registry.load('b');
  });
});
