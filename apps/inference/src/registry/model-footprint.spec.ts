import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { footprintOf } from './model-footprint.js';

const MEBIBYTE = 1024 ** 2;

describe('the footprint of a model', () => {
  let folder: string;
  const put = async (file: string, mebibytes: number): Promise<void> => {
    await writeFile(join(folder, file), '');
    await truncate(join(folder, file), mebibytes * MEBIBYTE);
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parlance-footprint-'));
    await put('weights.f32.bin', 144);
    await put('weights.int8.bin', 40);
    await put('model.onnx', 10);
    await put('model.onnx.data', 90);
    const dims = { decoderLayers: 4, encoderContext: 1500, decoderWidth: 384 };
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ dims }));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('follows the weights of its precision and the windows kept for work', async () => {
    const of = async (precision: 'f32' | 'int8'): Promise<number> =>
      (await footprintOf({ name: 'w', kind: 'whisper', location: folder, precision })) / MEBIBYTE;
    // 96 + 3.75 · weights + 8 · 4 layers · 2 · 1500 · 384 floats
    expect(await of('int8')).toBeCloseTo(96 + 150 + 140.6, 1);
    expect(await of('f32')).toBeCloseTo(96 + 540 + 140.6, 1);
  });

  it('counts of the models of scores the encoder that they stand on', async () => {
    const scores = { name: 'scores', kind: 'scores', location: 'scores', precision: 'f32' } as const;
    const bytes = await footprintOf({ ...scores, parts: { whisper: folder } });
    expect(bytes / MEBIBYTE).toBeCloseTo(64 + 1.6 * 144, 1);
  });

  it('counts data beside a generic graph', async () => {
    const location = join(folder, 'model.onnx');
    const bytes = await footprintOf({ name: 'g', kind: 'onnx', location, precision: 'f32' });
    expect(bytes / MEBIBYTE).toBe(16 + 300);
  });
});
