import { float, type GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { Dimensions } from '../whisper/dimensions.js';
import { elementOf, type ModelPrecision } from '../whisper/weight-forms.js';
import { linear } from './layers.js';

/** How a graph's rows look at the audio. */
export interface CrossOptions {
  readonly precision: ModelPrecision;
  /** The tokens of a call come not one after another but side by side: what each sees of the others is in the `selfBias`. */
  readonly isSideBySide?: boolean;
  /** Says how many of each audio's frames are audio: int32 [audios]. All are where it is absent. */
  readonly crossLengths?: string;
  /** Shape [audios, −1, width]: rows that attend to the same audio are folded into its queries, so that it is read once for all. */
  readonly fold?: string;
  /** Called with each layer's audio attention scores [b, heads, n, frames], scaled, before softmax. */
  readonly onScores?: (layer: number, scores: string) => void;
}

export const crossName = (part: 'k' | 'v', layer: number): string => `cross_${part}_${layer}`;

/** The weights of the query projections hold the 1/√h (weights.ts): the runtime multiplies one row by a matrix twice as fast
 *  where no factor is left to apply. */
export const SCALED_ALREADY = float(1);

/** Attention of x [b, n, width] over the audio's keys and values. */
export function crossAttention(
  g: GraphBuilder,
  x: string,
  l: number,
  dims: Dimensions,
  options: CrossOptions,
): string {
  const { decoderWidth: width } = dims;
  const { precision, fold, isSideBySide } = options;
  const layer = `decoder.layers.${l}.encoder_attn.q_proj`;
  const query = linear(g, x, layer, { inputs: width, outputs: width }, precision);
  if (isSideBySide) return attendTogether(g, query, l, dims, precision);
  const attended = attend(g, fold ? g.op('Reshape', [query, fold]) : query, l, dims, options);
  return fold ? g.op('Reshape', [attended, g.ints([-1, 1, width])]) : attended;
}

function attend(
  g: GraphBuilder,
  queries: string,
  l: number,
  { decoderHeads }: Dimensions,
  { precision, crossLengths, onScores }: CrossOptions,
): string {
  const attended = g.fresh('cross_attention');
  const scores = g.fresh('scores');
  const masked = crossLengths ? ['', crossLengths] : [];
  g.contribNode(
    'MultiHeadAttention',
    [queries, attendedName('k', l, precision), attendedName('v', l, precision), ...masked],
    onScores ? [attended, '', '', scores] : [attended],
    { num_heads: decoderHeads, scale: SCALED_ALREADY },
  );
  if (onScores) {
    g.declare(scores, elementOf(precision));
    onScores(l, scores);
  }
  return attended;
}

/** The same for several queries [b, n, width] of whole audios: keys times queries reads the keys as they lie, where the runtime's
 *  attention turns and packs them for queries times keys, which takes longer than a few queries' products. */
function attendTogether(
  g: GraphBuilder,
  query: string,
  l: number,
  { decoderHeads, decoderWidth }: Dimensions,
  precision: ModelPrecision,
): string {
  const shape = g.ints([0, 0, decoderHeads, decoderWidth / decoderHeads]);
  const columns = g.op('Transpose', [g.op('Reshape', [query, shape])], { perm: [0, 2, 3, 1] });
  const scores = g.op('MatMul', [attendedName('k', l, precision), columns]);
  const shares = g.op('Softmax', [g.op('Transpose', [scores], { perm: [0, 1, 3, 2] })], { axis: 3 });
  const attended = g.op('MatMul', [shares, attendedName('v', l, precision)]);
  return g.op('Reshape', [
    g.op('Transpose', [attended], { perm: [0, 2, 1, 3] }),
    g.ints([0, 0, decoderWidth]),
  ]);
}

/** Declares cross_k_l and cross_v_l as inputs.
 *  @param audios name of the first dimension */
export function crossInputs(
  g: GraphBuilder,
  dims: Dimensions,
  precision: ModelPrecision,
  audios = 'b',
): void {
  const headWidth = dims.decoderWidth / dims.decoderHeads;
  for (let l = 0; l < dims.decoderLayers; l++) {
    for (const part of ['k', 'v'] as const) {
      const name = crossName(part, l);
      g.input(name, 'float32', [audios, dims.decoderHeads, 'frames', headWidth]);
      if (precision === 'f16') g.op('Cast', [name], { to: ELEMENT.float16 }, `half_${name}`);
    }
  }
}

/** Name of the tensor that the attention reads for an input cross_*. */
const attendedName = (part: 'k' | 'v', layer: number, precision: ModelPrecision): string =>
  precision === 'f16' ? `half_${crossName(part, layer)}` : crossName(part, layer);

/** Declares cross_frames, how many of each audio's frames are audio.
 *  @returns CrossOptions.crossLengths */
export function crossLengthsInput(g: GraphBuilder, audios = 'b'): string {
  return g.op('Cast', [g.input('cross_frames', 'int64', [audios])], { to: ELEMENT.int32 });
}
