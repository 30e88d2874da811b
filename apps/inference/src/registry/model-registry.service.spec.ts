import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '#libs/errors';
import type { InferenceRuntime } from '../runtime/inference-runtime.service.js';
import type { ModelMetadata, ModelSource } from '../runtime/protocol.js';
import { ModelCatalog } from './model-catalog.js';
import { ModelRegistry } from './model-registry.service.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parlance-registry-'));
  await put('cache/tiny/manifest.json', '{}');
  await put('models/detector/detector.onnx', '');
  await put('models/base/config.json', '{"model_type":"whisper"}');
  await put('models/base/model.safetensors', '');
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, text: string): Promise<void> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
}

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
}

function open(preload: readonly string[] = []): { runtime: FakeRuntime; registry: ModelRegistry } {
  const runtime = new FakeRuntime();
  const catalog = new ModelCatalog({
    cacheFolder: join(folder, 'cache'),
    modelFolders: [join(folder, 'models')],
    precision: 'int8',
  });
  const registry = new ModelRegistry(runtime as unknown as InferenceRuntime, catalog, {
    defaultModel: 'tiny',
    preload,
    signalModels: [],
  });
  return { runtime, registry };
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

  it('begins to load a model on disk that somebody asks for', async () => {
    const { registry } = open();
    await expect(registry.use('tiny', async () => 1)).rejects.toEqual(coded('model.loading'));
    await registry.load('tiny');
    await expect(registry.use('tiny', async () => 1)).resolves.toBe(1);
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
});
