import { float, type GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { Dimensions } from '../whisper/dimensions.js';
import {
  blockLength,
  BLOCK_ZERO,
  blockScalesName,
  blockValuesName,
  elementOf,
  EMBEDDING,
  JOINED,
  type Precision,
} from '../whisper/weight-forms.js';
import { addAndNorm, feedForward, layerNorm, linear } from './layers.js';

/** What differs between the graphs that run the decoder's layers. */
export interface StackOptions {
  readonly precision: Precision;
  /** Names of the self-attention cache before this call; absent when the tokens start the sequence. */
  readonly past?: (part: 'k' | 'v', layer: number) => string;
  /** Names to give to the cache after this call. */
  readonly present: (part: 'k' | 'v', layer: number) => string;
  /** Added to the self-attention's scores: [rows, 1, n, past + n], large and negative where a row has no token. */
  readonly selfBias?: string;
  /** The tokens of a call come not one after another but side by side: what each sees of the others is in `selfBias`. */
  readonly isSideBySide?: boolean;
  /** Says how many of each audio's frames are audio: int32 [audios]. All are where it is absent. */
  readonly crossLengths?: string;
  /** Shape [audios, −1, width]: rows that hear the same audio are folded into its queries, so that it is read once for all. */
  readonly fold?: string;
  /** Called with each layer's audio attention scores [b, heads, n, frames], scaled, before softmax. */
  readonly onScores?: (layer: number, scores: string) => void;
}

export const crossName = (part: 'k' | 'v', layer: number): string => `cross_${part}_${layer}`;

const POSITIONS = 'decoder.embed_positions.weight';

/** Token and position embeddings of sequences from their start: tokens [b, n] → [b, n, width]. */
export function embedSequence(
  g: GraphBuilder,
  tokens: string,
  dims: Dimensions,
  precision: Precision,
): string {
  const length = g.op('Shape', [tokens], { start: 1, end: 2 });
  const positions = g.op('Slice', [g.weight(POSITIONS), g.ints([0]), length, g.ints([0])]);
  return g.op('Add', [tokenVectors(g, tokens, dims, precision), positions]);
}

/** The same of tokens with given positions, [b, n] both → [b, n, width]. */
export function embedNext(
  g: GraphBuilder,
  tokens: string,
  positions: string,
  dims: Dimensions,
  precision: Precision,
): string {
  return g.op('Add', [
    tokenVectors(g, tokens, dims, precision),
    g.op('Gather', [g.weight(POSITIONS), positions]),
  ]);
}

/** Rows of the token embedding: ids [b, n] → [b, n, width]. With 8 bits they are those of the output projection: each graph maps the
 *  table into memory, and a whole one would grow resident with every word that is said, four times as fast. */
function tokenVectors(
  g: GraphBuilder,
  tokens: string,
  { decoderWidth }: Dimensions,
  precision: Precision,
): string {
  if (precision !== 'int8') return g.op('Gather', [g.weight(`${EMBEDDING}.weight`), tokens]);
  const length = blockLength(EMBEDDING, precision);
  const blocks = Math.ceil(decoderWidth / length);
  const values = g.op('Gather', [g.weight(blockValuesName(EMBEDDING, precision)), tokens]);
  const centred = g.op('Sub', [g.op('Cast', [values], { to: ELEMENT.float32 }), g.number(BLOCK_ZERO)]);
  const firstScales = g.op('Mul', [g.op('Unsqueeze', [tokens, g.ints([2])]), g.int(blocks)]);
  const places = g.op('Add', [firstScales, g.ints(Array.from({ length: blocks }, (_, i) => i))]);
  const scales = g.op('Gather', [g.weight(blockScalesName(EMBEDDING, precision)), places]);
  const scaled = g.op('Mul', [centred, g.op('Unsqueeze', [scales, g.ints([3])])]);
  const joined = g.op('Reshape', [scaled, g.ints([0, 0, blocks * length])]);
  const isPadded = blocks * length > decoderWidth;
  return isPadded ? g.op('Slice', [joined, g.ints([0]), g.ints([decoderWidth]), g.ints([2])]) : joined;
}

/** All decoder layers over embedded tokens [b, n, width] → hidden states after the last norm. Reads cross_k_l and cross_v_l. */
export function decoderStack(
  g: GraphBuilder,
  embedded: string,
  dims: Dimensions,
  options: StackOptions,
): string {
  const { decoderWidth: width, decoderFeedForward: inner } = dims;
  const square = { inputs: width, outputs: width };
  let residual = embedded;
  let normal = layerNorm(g, residual, 'decoder.layers.0.self_attn_layer_norm');
  for (let l = 0; l < dims.decoderLayers; l++) {
    const block = `decoder.layers.${l}`;
    const heard = selfAttention(g, normal, l, dims, options);
    const selfOut = linear(g, heard, `${block}.self_attn.out_proj`, square, options.precision);
    ({ normal, residual } = addAndNorm(g, residual, selfOut, `${block}.encoder_attn_layer_norm`));
    const looked = crossAttention(g, normal, l, dims, options);
    const crossOut = linear(g, looked, `${block}.encoder_attn.out_proj`, square, options.precision);
    ({ normal, residual } = addAndNorm(g, residual, crossOut, `${block}.final_layer_norm`));
    const fed = feedForward(g, normal, block, { inputs: width, outputs: inner }, options.precision);
    const next =
      l + 1 < dims.decoderLayers ? `decoder.layers.${l + 1}.self_attn_layer_norm` : 'decoder.layer_norm';
    ({ normal, residual } = addAndNorm(g, residual, fed, next));
  }
  return normal;
}

/** Causal attention over the tokens so far. */
function selfAttention(
  g: GraphBuilder,
  x: string,
  l: number,
  dims: Dimensions,
  options: StackOptions,
): string {
  const { decoderWidth: width, decoderHeads } = dims;
  const joined = linear(
    g,
    x,
    `decoder.layers.${l}.${JOINED}`,
    { inputs: width, outputs: 3 * width },
    options.precision,
  );
  const parts = [g.fresh('query'), g.fresh('key'), g.fresh('value')];
  g.node('Split', [joined], parts, { axis: -1, num_outputs: 3 });
  const past = options.past
    ? ['', '', options.selfBias ?? '', options.past('k', l), options.past('v', l)]
    : [];
  const attended = g.fresh('self_attention');
  // DecoderMaskedMultiHeadAttention would be the natural operator, but with an empty past it corrupts memory on CPU.
  g.contribNode(
    'MultiHeadAttention',
    [...parts, ...past],
    [attended, options.present('k', l), options.present('v', l)],
    {
      num_heads: decoderHeads,
      unidirectional: options.isSideBySide ? 0 : 1,
      scale: SCALED_ALREADY,
    },
  );
  return attended;
}

/** Attention over the audio's keys and values. */
function crossAttention(
  g: GraphBuilder,
  x: string,
  l: number,
  dims: Dimensions,
  options: StackOptions,
): string {
  const { decoderWidth: width, decoderHeads } = dims;
  const query = linear(
    g,
    x,
    `decoder.layers.${l}.encoder_attn.q_proj`,
    { inputs: width, outputs: width },
    options.precision,
  );
  const queries = options.fold ? g.op('Reshape', [query, options.fold]) : query;
  const attended = g.fresh('cross_attention');
  const scores = g.fresh('scores');
  const outputs = options.onScores ? [attended, '', '', scores] : [attended];
  const masked = options.crossLengths ? ['', options.crossLengths] : [];
  g.contribNode(
    'MultiHeadAttention',
    [queries, heardName('k', l, options.precision), heardName('v', l, options.precision), ...masked],
    outputs,
    {
      num_heads: decoderHeads,
      scale: SCALED_ALREADY,
    },
  );
  if (options.onScores) {
    g.declare(scores, elementOf(options.precision));
    options.onScores(l, scores);
  }
  return options.fold ? g.op('Reshape', [attended, g.ints([-1, 1, width])]) : attended;
}

/** The weights of the query projections hold the 1/√h (weights.ts): the runtime multiplies one row by a matrix twice as fast
 *  where no factor is left to apply. */
const SCALED_ALREADY = float(1);

/** Declares cross_k_l and cross_v_l as inputs.
 *  @param audios name of the first dimension */
export function crossInputs(g: GraphBuilder, dims: Dimensions, precision: Precision, audios = 'b'): void {
  const headWidth = dims.decoderWidth / dims.decoderHeads;
  for (let l = 0; l < dims.decoderLayers; l++) {
    for (const part of ['k', 'v'] as const) {
      const name = crossName(part, l);
      g.input(name, 'float32', [audios, dims.decoderHeads, 'frames', headWidth]);
      if (precision === 'f16') g.op('Cast', [name], { to: ELEMENT.float16 }, `half_${name}`);
    }
  }
}

/** What the attention reads of an input cross_*. */
const heardName = (part: 'k' | 'v', layer: number, precision: Precision): string =>
  precision === 'f16' ? `half_${crossName(part, layer)}` : crossName(part, layer);

/** Declares cross_frames, how many of each audio's frames are audio.
 *  @returns StackOptions.crossLengths */
export function crossLengthsInput(g: GraphBuilder, audios = 'b'): string {
  return g.op('Cast', [g.input('cross_frames', 'int64', [audios])], { to: ELEMENT.int32 });
}
