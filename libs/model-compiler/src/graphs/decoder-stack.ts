import type { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { Dimensions } from '../whisper/dimensions.js';
import {
  blockLength,
  BLOCK_ZERO,
  blockScalesName,
  blockValuesName,
  EMBEDDING,
  JOINED,
  vocabularyForm,
  type ModelPrecision,
} from '../whisper/weight-forms.js';
import { crossAttention, SCALED_ALREADY, type CrossOptions } from './cross-attention.js';
import { addAndNorm, feedForward, layerNorm, linear } from './layers.js';

/** What differs between the graphs that run the decoder's layers. */
export interface StackOptions extends CrossOptions {
  /** Names of the self-attention cache before this call; absent when the tokens start the sequence. */
  readonly past?: (part: 'k' | 'v', layer: number) => string;
  /** Names to give to the cache after this call. */
  readonly present: (part: 'k' | 'v', layer: number) => string;
  /** Added to the self-attention's scores: [rows, 1, n, past + n], large and negative where a row has no token. */
  readonly selfBias?: string;
}

const POSITIONS = 'decoder.embed_positions.weight';

/** Token and position embeddings of sequences from their start: tokens [b, n] → [b, n, width]. */
export function embedSequence(
  g: GraphBuilder,
  tokens: string,
  dims: Dimensions,
  precision: ModelPrecision,
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
  precision: ModelPrecision,
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
  precision: ModelPrecision,
): string {
  const form = vocabularyForm(precision);
  if (form !== 'int8') return g.op('Gather', [g.weight(`${EMBEDDING}.weight`), tokens]);
  const length = blockLength(EMBEDDING, form);
  const blocks = Math.ceil(decoderWidth / length);
  const values = g.op('Gather', [g.weight(blockValuesName(EMBEDDING, form)), tokens]);
  const centred = g.op('Sub', [g.op('Cast', [values], { to: ELEMENT.float32 }), g.number(BLOCK_ZERO)]);
  const firstScales = g.op('Mul', [g.op('Unsqueeze', [tokens, g.ints([2])]), g.int(blocks)]);
  const indices = g.op('Add', [firstScales, g.ints(Array.from({ length: blocks }, (_, i) => i))]);
  const scales = g.op('Gather', [g.weight(blockScalesName(EMBEDDING, form)), indices]);
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
    const attended = selfAttention(g, normal, l, dims, options);
    const selfOut = linear(g, attended, `${block}.self_attn.out_proj`, square, options.precision);
    ({ normal, residual } = addAndNorm(g, residual, selfOut, `${block}.encoder_attn_layer_norm`));
    const crossAttended = crossAttention(g, normal, l, dims, options);
    const crossOut = linear(g, crossAttended, `${block}.encoder_attn.out_proj`, square, options.precision);
    ({ normal, residual } = addAndNorm(g, residual, crossOut, `${block}.final_layer_norm`));
    const mlpOut = feedForward(g, normal, block, { inputs: width, outputs: inner }, options.precision);
    const next =
      l + 1 < dims.decoderLayers ? `decoder.layers.${l + 1}.self_attn_layer_norm` : 'decoder.layer_norm';
    ({ normal, residual } = addAndNorm(g, residual, mlpOut, next));
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
