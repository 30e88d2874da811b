import { beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ModelStore, readSourceSettings } from './index.js';

describe('the model folders', () => {
  let root: string;
  const put = (...paths: string[]): void => {
    for (const path of paths) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), '12345');
    }
  };
  const checkpoint = (folder: string, weights = 'model.safetensors') =>
    put(`${folder}/config.json`, `${folder}/tokenizer.json`, `${folder}/${weights}`);
  const store = () =>
    new ModelStore({
      folders: [join(root, 'first'), join(root, 'second')],
      downloads: join(root, 'second'),
      compiledModels: join(root, 'compiled'),
      sources: readSourceSettings({}),
    });
  const here = async () => (await store().list()).filter(({ state }) => state !== 'not here');

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'parlance-folders-'));
  });

  it('tells what lies in each, and whether a checkpoint is compiled', async () => {
    checkpoint('first/done');
    checkpoint('first/open', 'model.bin');
    put('compiled/done/manifest.json', 'first/vad/vad.onnx', 'first/notes/README.md');
    put(
      'first/joe/joe.onnx',
      'first/joe/joe.onnx.json',
      'first/kokoro/model.onnx',
      'first/kokoro/voices/a.bin',
    );
    put('first/half/config.json', 'first/half/model.bin');
    expect((await here()).map(({ name, format, state }) => [name, format, state])).toEqual([
      ['done', 'whisper', 'ready'],
      ['joe', 'piper', 'ready'],
      ['kokoro', 'kokoro', 'ready'],
      ['open', 'whisper', 'not compiled'],
      ['vad', 'onnx', 'ready'],
    ]);
  });

  it("prefers the folder under the owner's name and shows it without", async () => {
    checkpoint('first/whisper-tiny.en');
    checkpoint('first/openai-whisper-tiny.en');
    expect(await store().locate('whisper-tiny.en')).toBe(join(root, 'first/openai-whisper-tiny.en'));
    expect(await store().locate('openai/whisper-tiny.en')).toBe(join(root, 'first/openai-whisper-tiny.en'));
    expect((await here()).map(({ name, folder }) => [name, folder])).toEqual([
      ['whisper-tiny.en', join(root, 'first/openai-whisper-tiny.en')],
    ]);
  });

  it('lets the folder named first win, and keeps a compiled model whose checkpoint is gone', async () => {
    put('first/vad/a.onnx', 'second/vad/b.onnx', 'compiled/whisper-old/manifest.json');
    expect((await here()).map(({ name, folder }) => [name, folder])).toEqual([
      ['vad', join(root, 'first/vad')],
      ['whisper-old', undefined],
    ]);
  });

  it('does not take for a model of the catalogue what is of another kind or of another repository', async () => {
    put('first/whisper-base/graph.onnx', 'first/piper-en_US-joe-medium/en_US-joe-medium.onnx');
    expect(await store().locate('whisper-base')).toBeUndefined();
    expect(await store().locate('piper-en_US-joe-medium')).toBeUndefined();
    checkpoint('second/whisper-mine');
    put('second/whisper-mine/parlance-model.json');
    expect(await store().locate('someone/whisper-mine')).toBe(join(root, 'second/whisper-mine'));
    writeFileSync(
      join(root, 'second/whisper-mine/parlance-model.json'),
      JSON.stringify({ name: 'whisper-mine', repository: 'another/whisper-mine', files: [] }),
    );
    expect(await store().locate('someone/whisper-mine')).toBeUndefined();
    expect(await store().locate('another/whisper-mine')).toBe(join(root, 'second/whisper-mine'));
  });

  it('finds nothing where there are no folders, half downloads and half builds included', async () => {
    put('first/.partial/whisper/model.safetensors', 'compiled/.whisper.building/manifest.json');
    expect(await here()).toEqual([]);
  });

  it('lists what the catalogue has and is not here', async () => {
    const base = (await store().list()).find(({ name }) => name === 'whisper-base');
    expect(base).toMatchObject({ state: 'not here', bytes: 147_882_941, entry: { licence: 'MIT' } });
  });
});
