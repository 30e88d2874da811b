import type { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import type { ModelPrecision } from '../whisper/weight-forms.js';
import { crossName } from './cross-attention.js';
import { FORBIDDEN } from './token-rules.js';

/** Added to an attention score, it leaves nothing after the softmax. Half precision reaches to −65,504. */
export const HIDDEN = -60_000;

/** What is added to the logits of text and specials, and of timestamps, at every step. */
export interface Suppression {
  readonly text: string;
  readonly timestamps: string;
}

/** Where rows and audios lie in the padded tensors; the same for all steps of a run. */
export interface Layout {
  /** First position of each row's cache that is no padding, [r, 1]. */
  readonly start: string;
  /** [r, 1, 1, p + max_steps]: what is added to the scores of the positions, forbidding padding. */
  readonly padding: string;
  readonly fold: string;
}

export function cacheNames(dims: Dimensions): readonly string[] {
  return Array.from({ length: dims.decoderLayers }, (_, l) => [`self_k_${l}`, `self_v_${l}`]).flat();
}

export function cacheShape(
  dims: Dimensions,
  rows: string,
  positions: string,
): readonly [string, number, string, number] {
  return [rows, dims.decoderHeads, positions, dims.decoderWidth / dims.decoderHeads];
}

/** Caches cross a graph's border in single precision. @returns them as the decoder computes with them */
export function enterCaches(
  g: GraphBuilder,
  names: readonly string[],
  precision: ModelPrecision,
): readonly string[] {
  return names.map((name) => asComputed(g, name, precision));
}

/** Single precision as the decoder computes with it. */
export function asComputed(g: GraphBuilder, x: string, precision: ModelPrecision): string {
  return precision === 'f16' ? g.op('Cast', [x], { to: ELEMENT.float16 }) : x;
}

/** Gives the decoder's caches out under `names`. */
export function leaveCaches(
  g: GraphBuilder,
  dims: Dimensions,
  precision: ModelPrecision,
  names: readonly string[],
  shape: readonly [rows: string, positions: string],
): void {
  for (const name of names) leave(g, precision, name, cacheShape(dims, ...shape));
}

/** Gives what the decoder calls `inner(name)` out in single precision. */
export function leave(
  g: GraphBuilder,
  precision: ModelPrecision,
  name: string,
  shape: readonly (string | number)[],
): void {
  if (precision === 'f16') g.op('Cast', [inner(name, precision)], { to: ELEMENT.float32 }, name);
  g.output(name, 'float32', shape);
}

/** What the decoder calls a cache that leaves the graph as `name`. */
export const inner = (name: string, precision: ModelPrecision): string =>
  precision === 'f16' ? `half_${name}` : name;

/** Declares the inputs that say which tokens may be chosen. */
export function ruleInputs(g: GraphBuilder, dims: Dimensions): void {
  for (const name of ['suppress', 'blank_suppress']) g.input(name, 'float32', [dims.vocabulary]);
  g.input('with_timestamps', 'bool', []);
  g.input('max_initial_timestamp', 'int64', []);
}

/** Splits `suppress` for the two ranges. With timestamps, <|notimestamps|> is never chosen. */
export function suppression(g: GraphBuilder, tokens: SpecialTokens, vocabulary: number): Suppression {
  const part = (from: number, to: number): string =>
    g.op('Slice', ['suppress', g.ints([from]), g.ints([to]), g.ints([0])]);
  const text = part(0, tokens.timestampBegin);
  const withoutNoTimestamps = g.op(
    'ScatterElements',
    [text, g.ints([tokens.noTimestamps]), g.floats([FORBIDDEN])],
    { axis: 0 },
  );
  return {
    text: g.op('Where', ['with_timestamps', withoutNoTimestamps, text]),
    timestamps: part(tokens.timestampBegin, vocabulary),
  };
}

/** @param start names the int64 [r] padding before each row's cache
 *  @param cache names the first of the caches */
export function layout(
  g: GraphBuilder,
  dims: Dimensions,
  precision: ModelPrecision,
  start: string,
  cache: string,
): Layout {
  const first = g.op('Unsqueeze', [start, g.ints([1])]);
  const length = g.op('Squeeze', [g.op('Shape', [cache], { start: 2, end: 3 })]);
  const positions = g.op('Range', [g.int(0), g.op('Add', [length, 'max_steps']), g.int(1)]);
  const padding = g.op('Where', [g.op('Less', [positions, first]), g.number(HIDDEN), g.number(0)]);
  const audios = g.op('Shape', [crossName('k', 0)], { start: 0, end: 1 });
  return {
    start: first,
    padding: g.op('Unsqueeze', [asComputed(g, padding, precision), g.ints([1, 2])]),
    fold: g.op('Concat', [audios, g.ints([-1, dims.decoderWidth])], { axis: 0 }),
  };
}
