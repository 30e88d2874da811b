import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Checkpoint } from './checkpoint.js';

type Variable = readonly [name: string, shape: readonly number[], type: number, bytes: Buffer];
const FLOAT32 = 0;
const INT8 = 1;
const INT16 = 2;
const FLOAT16 = 4;
const BFLOAT16 = 5;
/** The smallest Whisper: one layer of width 2 on each side, one head. */
const WIDTH = 2;

/** model.bin as CTranslate2's converter lays it out (python/ctranslate2/specs/model_spec.py, ModelSpec._serialize). */
function modelBin(variables: readonly Variable[], spec = 'WhisperSpec', version = 6): Buffer {
  const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(`${value}\0`);
    return Buffer.concat([Buffer.from(Uint16Array.of(bytes.length).buffer), bytes]);
  };
  return Buffer.concat([
    u32(version),
    text(spec),
    u32(3),
    u32(variables.length),
    ...variables.flatMap(([name, shape, type, bytes]) => [
      text(name),
      Buffer.of(shape.length),
      ...shape.map(u32),
      Buffer.of(type),
      u32(bytes.length),
      bytes,
    ]),
    u32(0),
  ]);
}

/** Counts up from `first`, so that each element tells where it came from. */
function floats(name: string, shape: readonly number[], first = 1): Variable {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const values = Float32Array.from({ length: count }, (_, i) => first + i);
  return [name, shape, FLOAT32, Buffer.from(values.buffer)];
}
function number(name: string, value: number): Variable {
  return [name, [], INT16, Buffer.from(Int16Array.of(value).buffer)];
}

const SMALLEST: readonly Variable[] = [
  floats('encoder/conv1/weight', [WIDTH, 80, 3]),
  floats('encoder/position_encodings/encodings', [1500, WIDTH]),
  floats('decoder/position_encodings/encodings', [448, WIDTH]),
  floats('decoder/embeddings/weight', [51864, WIDTH]),
  number('encoder/num_heads', 1),
  number('decoder/num_heads', 1),
  floats('encoder/layer_0/ffn/linear_0/weight', [8, WIDTH]),
  floats('encoder/layer_0/ffn/layer_norm/gamma', [WIDTH], 40),
  floats('decoder/layer_0/ffn/linear_0/weight', [8, WIDTH]),
  floats('decoder/layer_0/self_attention/linear_0/weight', [3 * WIDTH, WIDTH]),
  floats('decoder/layer_0/attention/linear_1/weight', [2 * WIDTH, WIDTH], 100),
  [
    'decoder/layer_0/attention/linear_1/bias',
    [2 * WIDTH],
    FLOAT16,
    Buffer.from(Uint16Array.of(0, 0, 0x3c00, 0xc000).buffer), // keys 0, 0; values 1, −2
  ],
];

describe("a CTranslate2 Whisper's folder", () => {
  let folder: string;
  let count = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ctranslate2-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function open(bytes: Buffer, files: Readonly<Record<string, string>> = {}): Promise<Checkpoint> {
    const path = join(folder, String(count++));
    await mkdir(path);
    const config = { alignment_heads: [[0, 0]], suppress_ids: [7], suppress_ids_begin: [220] };
    const all = {
      'config.json': JSON.stringify(config),
      'tokenizer.json': JSON.stringify({ model: { vocab: { a: 0 } } }),
      'model.bin': bytes,
      ...files,
    };
    for (const [name, content] of Object.entries(all)) await writeFile(join(path, name), content);
    return Checkpoint.open(path);
  }

  it('has the sizes of its tensors and the lists of its config.json', async () => {
    const checkpoint = await open(modelBin(SMALLEST));
    expect(checkpoint.config).toMatchObject({
      d_model: WIDTH,
      num_mel_bins: 80,
      encoder_layers: 1,
      decoder_layers: 1,
      decoder_ffn_dim: 8,
      decoder_attention_heads: 1,
      max_source_positions: 1500,
      max_target_positions: 448,
      vocab_size: 51864,
    });
    expect(checkpoint.generation).toEqual({
      alignment_heads: [[0, 0]],
      suppress_tokens: [7],
      begin_suppress_tokens: [220],
    });
    await checkpoint.close();
  });

  it("gives joined queries, keys and values apart, by Hugging Face's names", async () => {
    const checkpoint = await open(modelBin(SMALLEST));
    const read = async (name: string, shape: number[]): Promise<number[]> => [
      ...(await checkpoint.read(name, shape)),
    ];
    const block = 'decoder.layers.0';
    expect(await read(`${block}.self_attn.q_proj.weight`, [2, 2])).toEqual([1, 2, 3, 4]);
    expect(await read(`${block}.self_attn.k_proj.weight`, [2, 2])).toEqual([5, 6, 7, 8]);
    expect(await read(`${block}.self_attn.v_proj.weight`, [2, 2])).toEqual([9, 10, 11, 12]);
    expect(await read(`${block}.encoder_attn.k_proj.weight`, [2, 2])).toEqual([100, 101, 102, 103]);
    expect(await read(`${block}.encoder_attn.v_proj.weight`, [2, 2])).toEqual([104, 105, 106, 107]);
    expect(await read(`${block}.encoder_attn.v_proj.bias`, [2])).toEqual([1, -2]);
    expect(await read('encoder.layers.0.final_layer_norm.weight', [2])).toEqual([40, 41]);
    await checkpoint.close();
  });

  const typed = (type: number, bytesEach: number): readonly Variable[] => [
    ...SMALLEST,
    ['decoder/layer_0/ffn/linear_1/weight', [2, 8], type, Buffer.alloc(16 * bytesEach)],
  ];
  const biased: Variable = floats('encoder/layer_0/self_attention/linear_0/bias', [3 * WIDTH]);
  it.each([
    [
      'int8 weights',
      modelBin(typed(INT8, 1)),
      'decoder/layer_0/ffn/linear_1/weight in model.bin is of type int8',
    ],
    ['int16 weights', modelBin(typed(INT16, 2)), 'is of type int16, not float32 or float16'],
    ['bfloat16 weights', modelBin(typed(BFLOAT16, 2)), 'is of type bfloat16'],
    ['weights of an unknown type', modelBin(typed(9, 2)), 'is of type number 9'],
    ['another model', modelBin(SMALLEST, 'TransformerSpec'), 'it holds a TransformerSpec'],
    ['another version', modelBin(SMALLEST, 'WhisperSpec', 5), 'its version is 5'],
    ['nothing', Buffer.alloc(0), 'it ends inside its table of contents'],
    [
      'no heads',
      modelBin(SMALLEST.filter(([name]) => !name.endsWith('num_heads'))),
      'no number encoder/num_heads',
    ],
    ['a bias for keys', modelBin([...SMALLEST, biased]), 'has a bias for keys'],
    ['half of itself', modelBin(SMALLEST).subarray(0, 100_000), 'a tensor lies beyond its end'],
    [
      'a number of tensors that cannot be',
      Buffer.concat([modelBin([]).subarray(0, -8), Buffer.alloc(4, 255)]),
      'cannot be true',
    ],
  ])('is refused with %s, saying so', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toMatchObject({
      code: 'model.invalid',
      message: expect.stringContaining(message),
    });
  });

  it('is refused without a tokenizer.json that holds the words', async () => {
    await expect(open(modelBin(SMALLEST), { 'tokenizer.json': '[]' })).rejects.toMatchObject({
      code: 'model.invalid',
      message: expect.stringContaining('tokenizer.json'),
    });
  });
});
