import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inventory } from './model-inventory.js';

describe('inventory', () => {
  let folder: string;
  const put = (path: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), '12345');
  };
  const look = () => inventory([join(folder, 'first'), join(folder, 'second')], join(folder, 'compiled'));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-models-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('tells compiled checkpoints, those still to compile, and models that need none', async () => {
    for (const name of ['done', 'open']) {
      put(`first/${name}/config.json`);
      put(`first/${name}/model.safetensors`);
    }
    put('compiled/done/manifest.json');
    put('first/vad/vad.onnx');
    put('first/notes/README.md');
    expect((await look()).map(({ name, kind, state }) => [name, kind, state])).toEqual([
      ['done', 'whisper', 'ready'],
      ['open', 'whisper', 'not compiled'],
      ['vad', 'onnx', 'ready'],
    ]);
  });

  it('lets the folder named first win, and keeps a compiled model whose checkpoint is gone', async () => {
    put('first/vad/a.onnx');
    put('second/vad/b.onnx');
    put('compiled/whisper-old/manifest.json');
    const models = await look();
    expect(models.map(({ name, checkpoint }) => [name, checkpoint])).toEqual([
      ['vad', join(folder, 'first/vad')],
      ['whisper-old', undefined],
    ]);
  });

  it('finds nothing where there are no folders, half downloads and half builds included', async () => {
    put('first/.partial/whisper/model.safetensors');
    put('compiled/.whisper.building/manifest.json');
    expect(await look()).toEqual([]);
  });
});
