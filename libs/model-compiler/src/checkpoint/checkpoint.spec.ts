import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Checkpoint } from './checkpoint.js';

const CONFIG = {
  model_type: 'whisper',
  d_model: 64,
  encoder_layers: 2,
  decoder_layers: 2,
  encoder_attention_heads: 2,
  decoder_attention_heads: 2,
  encoder_ffn_dim: 256,
  decoder_ffn_dim: 256,
  num_mel_bins: 80,
  max_source_positions: 1500,
  max_target_positions: 448,
  vocab_size: 51864,
};

interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Buffer;
}

function safetensors(tensors: Readonly<Record<string, StoredTensor>>): Buffer {
  let offset = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => [
      name,
      { dtype, shape, data_offsets: [offset, (offset += bytes.length)] },
    ]),
  );
  const text = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...header }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...Object.values(tensors).map(({ bytes }) => bytes)]);
}

const TENSORS = {
  'model.single': {
    dtype: 'F32',
    shape: [2, 2],
    bytes: Buffer.from(Float32Array.of(1, -2.5, 3, 0.1).buffer),
  },
  // 1, −2, 65504 (largest), 2^-24 (smallest), −0 in IEEE half precision.
  'model.half': {
    dtype: 'F16',
    shape: [5],
    bytes: Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000).buffer),
  },
  'model.brain': {
    dtype: 'BF16',
    shape: [3],
    bytes: Buffer.from(Uint16Array.of(0x3f80, 0xc040, 0x0080).buffer),
  },
} as const;

describe('a checkpoint folder', () => {
  let folder: string;
  let count = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A folder with the given files over a valid set. */
  async function checkpointWith(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
    const path = join(folder, String(count++));
    await mkdir(path);
    const all = {
      'config.json': JSON.stringify(CONFIG),
      'tokenizer.json': JSON.stringify({ model: { vocab: { a: 0 } } }),
      'model.safetensors': safetensors(TENSORS),
      ...files,
    };
    for (const [name, content] of Object.entries(all)) await writeFile(join(path, name), content);
    return path;
  }

  it('widens f32, f16 and bf16 tensors to the numbers they stand for', async () => {
    const checkpoint = await Checkpoint.open(await checkpointWith({}));
    expect([...(await checkpoint.read('single', [2, 2]))]).toEqual([1, -2.5, 3, Math.fround(0.1)]);
    expect([...(await checkpoint.read('half', [5]))]).toEqual([1, -2, 65504, 2 ** -24, -0]);
    expect([...(await checkpoint.read('brain', [3]))]).toEqual([1, -3, 2 ** -126]);
    await checkpoint.close();
  });

  it('finds tensors over several shards by the index', async () => {
    const path = await checkpointWith({
      'model.safetensors.index.json': JSON.stringify({
        weight_map: { 'model.single': 'a.safetensors', 'model.brain': 'b.safetensors' },
      }),
      'a.safetensors': safetensors({ 'model.single': TENSORS['model.single'] }),
      'b.safetensors': safetensors({ 'model.brain': TENSORS['model.brain'] }),
    });
    const checkpoint = await Checkpoint.open(path);
    expect([...(await checkpoint.read('brain', [3]))]).toEqual([1, -3, 2 ** -126]);
    expect((await checkpoint.read('single', [2, 2]))[1]).toBe(-2.5);
    await checkpoint.close();
  });

  it('refuses a missing tensor and one of another shape by their names', async () => {
    const checkpoint = await Checkpoint.open(await checkpointWith({}));
    await expect(checkpoint.read('encoder.conv1.weight', [1])).rejects.toMatchObject({
      code: 'model.invalid',
      message: expect.stringContaining('model.encoder.conv1.weight'),
    });
    await expect(checkpoint.read('single', [4])).rejects.toMatchObject({
      code: 'model.invalid',
      message: 'Tensor model.single has shape [2, 2]; config.json asks for [4].',
    });
    await checkpoint.close();
  });

  it.each([
    ['NaN', 'F32', Buffer.from(Float32Array.of(1, NaN).buffer), 'holds NaN at place 1'],
    ['infinity', 'F32', Buffer.from(Float32Array.of(-Infinity, 1).buffer), 'holds -Infinity at place 0'],
    ['NaN', 'F16', Buffer.from(Uint16Array.of(0, 0x7e00).buffer), 'holds NaN at place 1'],
    ['infinity', 'BF16', Buffer.from(Uint16Array.of(0x7f80, 0).buffer), 'holds Infinity at place 0'],
  ])('refuses a tensor with %s (%s) by its name', async (_, dtype, bytes, message) => {
    const stored = safetensors({ 'model.bad': { dtype, shape: [2], bytes } });
    const checkpoint = await Checkpoint.open(await checkpointWith({ 'model.safetensors': stored }));
    await expect(checkpoint.read('bad', [2])).rejects.toMatchObject({
      code: 'model.invalid',
      message: `Tensor model.bad ${message}.`,
    });
    await checkpoint.close();
  });

  const whole = safetensors(TENSORS);
  const renamed = (from: string, to: string): Buffer =>
    Buffer.from(whole.toString('latin1').replace(from, to), 'latin1');
  it.each([
    [
      'cut inside a tensor',
      whole.subarray(0, whole.length - 1),
      'Tensor model.brain in model.safetensors lies beyond the end of the file.',
    ],
    ['cut inside its header', whole.subarray(0, 20), 'its header does not fit in it'],
    ['empty', Buffer.alloc(0), 'it is shorter than its length field'],
    ['not JSON in its header', renamed('{"__meta', '["__meta'), 'its header is not JSON'],
    [
      'of a type that is not a float',
      renamed('"F32"', '"I32"'),
      'Tensor model.single in model.safetensors is of type I32',
    ],
    [
      'of a shape that its bytes do not fill',
      renamed('[2,2]', '[2,3]'),
      'Tensor model.single in model.safetensors holds 16 bytes',
    ],
  ])('refuses a weight file that is %s', async (_, bytes, message) => {
    await expect(Checkpoint.open(await checkpointWith({ 'model.safetensors': bytes }))).rejects.toMatchObject(
      {
        code: 'model.invalid',
        message: expect.stringContaining(message),
      },
    );
  });

  it.each([
    [
      'a shard that is not there',
      { 'model.safetensors.index.json': '{"weight_map":{"x":"gone.safetensors"}}' },
      'gone.safetensors is missing',
    ],
    [
      'a shard outside the folder',
      { 'model.safetensors.index.json': '{"weight_map":{"x":"../x.safetensors"}}' },
      'weight_map',
    ],
    [
      'another kind of model',
      { 'config.json': JSON.stringify({ ...CONFIG, model_type: 'bert' }) },
      'config.json does not describe a Whisper model: model_type',
    ],
    ['a broken configuration', { 'config.json': '{' }, 'config.json is not JSON'],
    [
      'another framing of the audio',
      { 'preprocessor_config.json': '{"feature_size":80,"sampling_rate":8000,"hop_length":160,"n_fft":400}' },
      'sampling_rate',
    ],
    [
      'two numbers of mel bands',
      {
        'preprocessor_config.json': '{"feature_size":128,"sampling_rate":16000,"hop_length":160,"n_fft":400}',
      },
      'disagree on the number of mel bands',
    ],
  ])('refuses %s', async (_, files, message) => {
    const path = await checkpointWith(files as unknown as Record<string, string>);
    await expect(Checkpoint.open(path)).rejects.toMatchObject({
      code: 'model.invalid',
      message: expect.stringContaining(message),
    });
  });

  it('says which file is missing where there is no checkpoint', async () => {
    await expect(Checkpoint.open(join(folder, 'nowhere'))).rejects.toMatchObject({
      message: 'The checkpoint has no config.json.',
    });
  });
});
