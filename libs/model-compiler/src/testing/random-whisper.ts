import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Sizes of the random models; tools/dev/goldens/random_model.py makes the same ones for openai-whisper. */
const WIDTH = 64;
const HEADS = 2;
const LAYERS = 2;
const INNER = 256;
const ALIGNMENT_HEADS = [
  [0, 1],
  [1, 0],
  [1, 1],
];
/** The token that random weights happen to favour; end-of-text made a little likelier than it ends rows at different steps. */
const FAVOURITE = 6101;
const LIKELIER = 17 / 16;

export interface RandomWhisper {
  readonly vocabulary: 51864 | 51865 | 51866;
  readonly mels: 80 | 128;
  readonly likelyEnd?: boolean;
}

export const RANDOM_WHISPERS = {
  en: { vocabulary: 51864, mels: 80 },
  multilingual: { vocabulary: 51865, mels: 80, likelyEnd: true },
  'hundred-languages': { vocabulary: 51866, mels: 128 },
} as const satisfies Record<string, RandomWhisper>;

/** Under jest a global is looked up slowly, and this is called millions of times. */
const { imul } = Math;

/** `count` numbers in [−1, 1): murmur3's finaliser over a Weyl sequence that starts at the name's FNV-1a hash. Exact in float32. */
export function hashed(name: string, count: number): Float32Array {
  let seed = 0x811c9dc5;
  for (const byte of Buffer.from(name)) seed = imul(seed ^ byte, 0x01000193);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let h = (imul(i, 0x9e3779b1) + seed) | 0;
    h = imul(h ^ (h >>> 16), 0x85ebca6b);
    h = imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
    values[i] = (h >>> 8) * 2 ** -23 - 1;
  }
  return values;
}

/** Writes a Whisper checkpoint with random weights in Hugging Face's layout (f32, one file). */
export async function writeRandomWhisper(folder: string, whisper: RandomWhisper): Promise<void> {
  await mkdir(folder, { recursive: true });
  const shapes = tensorShapes(whisper);
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, shape] of shapes) {
    const bytes = 4 * shape.reduce((product, dim) => product * dim, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, (offset += bytes)] };
  }
  const headerBytes = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes.length));
  const tensors = [...shapes].map(([name, shape]) => Buffer.from(tensorValues(name, shape, whisper).buffer));
  await writeFile(join(folder, 'model.safetensors'), Buffer.concat([length, headerBytes, ...tensors]));
  await writeFile(join(folder, 'config.json'), JSON.stringify(config(whisper)));
  await writeFile(
    join(folder, 'generation_config.json'),
    JSON.stringify({ alignment_heads: ALIGNMENT_HEADS }),
  );
  // GPT-2 writes a space as Ġ; the decoding rules need no other token's text.
  await writeFile(
    join(folder, 'tokenizer.json'),
    JSON.stringify({ model: { type: 'BPE', vocab: { Ġ: 220 }, merges: [] } }),
  );
}

function config({ vocabulary, mels }: RandomWhisper): Record<string, unknown> {
  return {
    model_type: 'whisper',
    d_model: WIDTH,
    encoder_layers: LAYERS,
    decoder_layers: LAYERS,
    encoder_attention_heads: HEADS,
    decoder_attention_heads: HEADS,
    encoder_ffn_dim: INNER,
    decoder_ffn_dim: INNER,
    num_mel_bins: mels,
    max_source_positions: 1500,
    max_target_positions: 448,
    vocab_size: vocabulary,
  };
}

function tensorShapes({ vocabulary, mels }: RandomWhisper): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>([
    ['model.encoder.conv1.weight', [WIDTH, mels, 3]],
    ['model.encoder.conv1.bias', [WIDTH]],
    ['model.encoder.conv2.weight', [WIDTH, WIDTH, 3]],
    ['model.encoder.conv2.bias', [WIDTH]],
    ['model.encoder.embed_positions.weight', [1500, WIDTH]],
    ['model.decoder.embed_positions.weight', [448, WIDTH]],
    ['model.decoder.embed_tokens.weight', [vocabulary, WIDTH]],
  ]);
  const linear = (name: string, outputs: number, inputs: number, bias = true): void => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    if (bias) shapes.set(`${name}.bias`, [outputs]);
  };
  const norm = (name: string): void =>
    ['weight', 'bias'].forEach((part) => shapes.set(`${name}.${part}`, [WIDTH]));
  for (const side of ['encoder', 'decoder']) {
    norm(`model.${side}.layer_norm`);
    for (let layer = 0; layer < LAYERS; layer++) {
      const block = `model.${side}.layers.${layer}`;
      for (const attention of side === 'decoder' ? ['self_attn', 'encoder_attn'] : ['self_attn']) {
        norm(`${block}.${attention}_layer_norm`);
        for (const part of ['q', 'k', 'v', 'out'])
          linear(`${block}.${attention}.${part}_proj`, WIDTH, WIDTH, part !== 'k');
      }
      linear(`${block}.fc1`, INNER, WIDTH);
      linear(`${block}.fc2`, WIDTH, INNER);
      norm(`${block}.final_layer_norm`);
    }
  }
  return shapes;
}

/** Scales are powers of two, so that both makers round alike. */
function tensorValues(
  name: string,
  shape: readonly number[],
  { likelyEnd = false }: RandomWhisper,
): Float32Array {
  const values = hashed(
    name,
    shape.reduce((product, dim) => product * dim, 1),
  );
  const [scale, offset] = scaling(name);
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * scale + offset;
  if (likelyEnd && name.includes('embed_tokens')) {
    const favourite = values.subarray(FAVOURITE * WIDTH, (FAVOURITE + 1) * WIDTH);
    values.set(
      favourite.map((value) => value * LIKELIER),
      50257 * WIDTH,
    );
  }
  return values;
}

function scaling(name: string): readonly [scale: number, offset: number] {
  if (name.includes('layer_norm')) return name.endsWith('weight') ? [1 / 8, 1] : [1 / 16, 0];
  if (['embed_tokens', 'q_proj.weight', 'k_proj.weight'].some((part) => name.includes(part)))
    return [1 / 2, 0];
  if (['fc2.weight', 'conv'].some((part) => name.includes(part))) return [1 / 8, 0];
  return [1 / 4, 0];
}
