import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { WeightFile, type WeightEntry, type WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from './dimensions.js';
import { quantiseColumns, quantiseRows, transpose, BLOCK } from './quantise.js';

export const PRECISIONS = ['f32', 'int8'] as const;
/** Form of the decoder's matrices. */
export type Precision = (typeof PRECISIONS)[number];

/** Form of a stored matrix: whole, in 8-bit blocks, or 8-bit by output for dynamically quantised products. */
export type Form = Precision | 'dynamic8';

/** Names of a linear layer's stored forms; graphs ask for the form they compute in. */
export const matrixName = (layer: string): string => `${layer}.matrix`;
export const biasName = (layer: string): string => `${layer}.bias`;
export const blockValuesName = (layer: string): string => `${layer}.int8`;
export const blockScalesName = (layer: string): string => `${layer}.int8_scales`;
export const dynamicNames = (
  layer: string,
): readonly [values: string, scales: string, zeroPoints: string] => [
  `${layer}.dynamic8`,
  `${layer}.dynamic8_scales`,
  `${layer}.dynamic8_zero_points`,
];

/** Query, key and value projections of a decoder's self-attention, joined so that a step reads its input once. */
export const JOINED = 'self_attn.qkv_proj';
export const EMBEDDING = 'decoder.embed_tokens';

interface Part {
  readonly source: string;
  readonly bias: boolean;
  /** Multiplies weights and bias; 1 where absent. */
  readonly factor?: number;
}

/** A linear layer: its checkpoint tensors are stacked along the output axis. */
interface Linear {
  readonly layer: string;
  readonly parts: readonly Part[];
  readonly inputs: number;
  /** Outputs of each part. */
  readonly outputs: number;
  readonly forms: readonly Form[];
}

interface Plain {
  readonly tensor: string;
  readonly shape: readonly number[];
}

/** Streams the checkpoint into external-data files, one tensor in memory at a time.
 *  @param onTensor called after each tensor, with how many of how many are written */
export async function writeWeights(
  checkpoint: Checkpoint,
  dims: Dimensions,
  precisions: readonly Precision[],
  folder: string,
  onTensor: (done: number, total: number) => void,
): Promise<WeightIndex> {
  const index = new Map<string, WeightEntry>();
  const single = await WeightFile.create(folder, 'weights.f32.bin', index);
  const eightBit = precisions.includes('int8')
    ? await WeightFile.create(folder, 'weights.int8.bin', index)
    : undefined;
  const plains = plainTensors(dims);
  const linears = linearLayers(dims, precisions);
  const total = plains.length + linears.length + 1;
  let done = 0;
  try {
    for (const { tensor, shape } of plains) {
      await single.add(tensor, shape, await checkpoint.read(tensor, shape));
      onTensor(++done, total);
    }
    for (const linear of linears) {
      await writeLinear(checkpoint, linear, single, eightBit);
      onTensor(++done, total);
    }
    await writeEmbedding(checkpoint, dims, single, eightBit);
    onTensor(++done, total);
  } finally {
    await single.close();
    await eightBit?.close();
  }
  return index;
}

function plainTensors(dims: Dimensions): readonly Plain[] {
  const { encoderWidth: width, decoderWidth } = dims;
  const norm = (name: string, size: number): Plain[] =>
    ['weight', 'bias'].map((part) => ({ tensor: `${name}.${part}`, shape: [size] }));
  const layers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return [
    { tensor: 'encoder.conv1.weight', shape: [width, dims.mels, 3] },
    { tensor: 'encoder.conv1.bias', shape: [width] },
    { tensor: 'encoder.conv2.weight', shape: [width, width, 3] },
    { tensor: 'encoder.conv2.bias', shape: [width] },
    { tensor: 'encoder.embed_positions.weight', shape: [dims.encoderContext, width] },
    ...layers(dims.encoderLayers).flatMap((l) => [
      ...norm(`encoder.layers.${l}.self_attn_layer_norm`, width),
      ...norm(`encoder.layers.${l}.final_layer_norm`, width),
    ]),
    ...norm('encoder.layer_norm', width),
    { tensor: 'decoder.embed_positions.weight', shape: [dims.decoderContext, decoderWidth] },
    ...layers(dims.decoderLayers).flatMap((l) => [
      ...norm(`decoder.layers.${l}.self_attn_layer_norm`, decoderWidth),
      ...norm(`decoder.layers.${l}.encoder_attn_layer_norm`, decoderWidth),
      ...norm(`decoder.layers.${l}.final_layer_norm`, decoderWidth),
    ]),
    ...norm('decoder.layer_norm', decoderWidth),
  ];
}

function linearLayers(dims: Dimensions, precisions: readonly Precision[]): readonly Linear[] {
  const one = (
    layer: string,
    inputs: number,
    outputs: number,
    forms: readonly Form[],
    part: Omit<Part, 'source'> = { bias: true },
  ): Linear => ({
    layer,
    parts: [{ source: layer, ...part }],
    inputs,
    outputs,
    forms,
  });
  const encoder: readonly Form[] = precisions.includes('int8') ? ['f32', 'dynamic8'] : ['f32'];
  const linears: Linear[] = [];
  for (let l = 0; l < dims.encoderLayers; l++) {
    const block = `encoder.layers.${l}`;
    const width = dims.encoderWidth;
    for (const part of ['q', 'k', 'v'])
      linears.push(one(`${block}.self_attn.${part}_proj`, width, width, encoder, { bias: part !== 'k' }));
    linears.push(one(`${block}.self_attn.out_proj`, width, width, encoder));
    linears.push(one(`${block}.fc1`, width, dims.encoderFeedForward, encoder));
    linears.push(one(`${block}.fc2`, dims.encoderFeedForward, width, encoder));
  }
  for (let l = 0; l < dims.decoderLayers; l++) {
    const block = `decoder.layers.${l}`;
    const width = dims.decoderWidth;
    // Queries are scaled here and not in each step: exact where a head is 64 wide, as in every Whisper.
    const queryFactor = (width / dims.decoderHeads) ** -0.5;
    const parts = ['q', 'k', 'v'].map((part) => ({
      source: `${block}.self_attn.${part}_proj`,
      bias: part !== 'k',
      ...(part === 'q' && { factor: queryFactor }),
    }));
    linears.push({ layer: `${block}.${JOINED}`, parts, inputs: width, outputs: width, forms: precisions });
    linears.push(one(`${block}.self_attn.out_proj`, width, width, precisions));
    linears.push(
      one(`${block}.encoder_attn.q_proj`, width, width, precisions, { bias: true, factor: queryFactor }),
    );
    linears.push(one(`${block}.encoder_attn.k_proj`, dims.encoderWidth, width, encoder, { bias: false }));
    linears.push(one(`${block}.encoder_attn.v_proj`, dims.encoderWidth, width, encoder));
    linears.push(one(`${block}.encoder_attn.out_proj`, width, width, precisions));
    linears.push(one(`${block}.fc1`, width, dims.decoderFeedForward, precisions));
    linears.push(one(`${block}.fc2`, dims.decoderFeedForward, width, precisions));
  }
  return linears;
}

async function writeLinear(
  checkpoint: Checkpoint,
  linear: Linear,
  single: WeightFile,
  eightBit: WeightFile | undefined,
): Promise<void> {
  const { layer, parts, inputs, outputs } = linear;
  const rows = outputs * parts.length;
  const matrix = new Float32Array(rows * inputs);
  const bias = new Float32Array(rows);
  for (const [i, part] of parts.entries()) {
    const read = async (tensor: string, shape: readonly number[]): Promise<Float32Array> =>
      scaled(await checkpoint.read(`${part.source}.${tensor}`, shape), part.factor);
    matrix.set(await read('weight', [outputs, inputs]), i * outputs * inputs);
    if (part.bias) bias.set(await read('bias', [outputs]), i * outputs);
  }
  await single.add(biasName(layer), [rows], bias);
  if (linear.forms.includes('f32'))
    await single.add(matrixName(layer), [inputs, rows], transpose(matrix, rows, inputs));
  if (linear.forms.includes('int8') && eightBit) await writeBlocks(eightBit, layer, matrix, rows, inputs);
  if (linear.forms.includes('dynamic8') && eightBit) {
    const [valuesName, scalesName, zeroPointsName] = dynamicNames(layer);
    const { values, scales } = quantiseColumns(matrix, rows, inputs);
    await eightBit.add(valuesName, [inputs, rows], values);
    await eightBit.add(scalesName, [rows], scales);
    await eightBit.add(zeroPointsName, [rows], new Uint8Array(rows).fill(128));
  }
}

function scaled(values: Float32Array, factor = 1): Float32Array {
  return factor === 1 ? values : values.map((value) => value * factor);
}

/** The token embedding is also the output projection (tied): whole for look-up and the f32 projection, in blocks for the 8-bit one. */
async function writeEmbedding(
  checkpoint: Checkpoint,
  dims: Dimensions,
  single: WeightFile,
  eightBit: WeightFile | undefined,
): Promise<void> {
  const shape = [dims.vocabulary, dims.decoderWidth];
  const embedding = await checkpoint.read(`${EMBEDDING}.weight`, shape);
  await single.add(`${EMBEDDING}.weight`, shape, embedding);
  if (eightBit) await writeBlocks(eightBit, EMBEDDING, embedding, dims.vocabulary, dims.decoderWidth);
}

async function writeBlocks(
  file: WeightFile,
  layer: string,
  matrix: Float32Array,
  rows: number,
  columns: number,
): Promise<void> {
  const { values, scales, blocks } = quantiseRows(matrix, rows, columns);
  await file.add(blockValuesName(layer), [rows, blocks, BLOCK], values);
  await file.add(blockScalesName(layer), [rows * blocks], scales);
}
