import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GRAPH_VERSION } from '@parlance/model-compiler';
import type { InferenceRuntime, ModelSource } from '@parlance/onnx';
import { ModelCatalog } from './model-catalog.js';
import { putCheckpoint, putFile } from './model-folder-fixture.js';
import type { OutdatedModel } from './model-rebuild.js';
import { ModelRegistry } from './model-registry.service.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parlance-outdated-'));
  await put('cache/base/manifest.json', '{"graphVersion":"1"}');
  await putCheckpoint(folder, 'models/base');
});
afterEach(() => rm(folder, { recursive: true }));

const put = (path: string, text: string): Promise<void> => putFile(folder, path, text);

/** A registry whose worker threads load everything at once, and note what. */
function openWith(rebuild: (model: OutdatedModel) => Promise<void>) {
  const loaded: string[] = [];
  const runtime = {
    load: async ({ name }: ModelSource) => {
      loaded.push(name);
      return { inputs: [], outputs: [] };
    },
    unload: async () => undefined,
    run: async () => undefined,
    workersIn: () => 1,
    onModelLost: () => undefined,
  };
  const told: string[] = [];
  const catalog = new ModelCatalog({
    cacheFolder: join(folder, 'cache'),
    modelFolders: [join(folder, 'models')],
    precision: 'int8',
  });
  const registry = new ModelRegistry(
    runtime as unknown as InferenceRuntime,
    catalog,
    { defaultModel: 'base', preload: [], signalModels: [] },
    { rebuilding: (model, version) => told.push(`${model} of ${version}`) },
    undefined,
    rebuild,
  );
  return { loaded, registry, told };
}

describe('a model compiled for another version', () => {
  it('builds it anew from its checkpoint before it is loaded, once, and says so', async () => {
    const built: OutdatedModel[] = [];
    const { loaded, registry, told } = openWith(async (model) => {
      expect(loaded).toEqual([]);
      built.push(model);
      await put('cache/base/manifest.json', JSON.stringify({ graphVersion: GRAPH_VERSION }));
    });
    expect(await Promise.all([1, 2].map((n) => registry.use('base', async () => n)))).toEqual([1, 2]);
    expect([loaded, told]).toEqual([['base'], ['base of 1']]);
    expect(built).toMatchObject([
      { checkpoint: join(folder, 'models/base'), model: { location: join(folder, 'cache/base') } },
    ]);
    await registry.unload('base');
    await registry.load('base');
    expect(built.length).toBe(1);
  });

  it('refuses it, naming the command, where its checkpoint is not here, until that was run', async () => {
    await rm(join(folder, 'models/base'), { recursive: true });
    const { loaded, registry } = openWith(() => Promise.reject(new Error('there is nothing to build from')));
    await expect(registry.use('base', async () => 1)).rejects.toMatchObject({
      code: 'model.not_found',
      message: expect.stringContaining('run: parlance models build base'),
    });
    expect(loaded).toEqual([]);
    await put('cache/base/manifest.json', JSON.stringify({ graphVersion: GRAPH_VERSION }));
    await expect(registry.use('base', async () => 1)).resolves.toBe(1);
  });
});
