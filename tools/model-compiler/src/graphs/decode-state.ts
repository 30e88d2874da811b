import type { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT, type ElementType } from '../onnx/onnx-proto.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import { crossName } from './decoder-stack.js';
import { FORBIDDEN } from './token-rules.js';

/** What the timestamp rules remember of each row, [r, 1] each, carried from step to step. */
export const RULE_STATE = ['last_token', 'previous_token', 'last_timestamp', 'step'] as const;
export type RuleState = Readonly<Record<(typeof RULE_STATE)[number], string>>;

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
  readonly crossLengths: string;
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
 *  @param cache the first layer's keys [r, heads, p, h]
 *  @param element what the decoder computes in */
export function layout(
  g: GraphBuilder,
  dims: Dimensions,
  start: string,
  cache: string,
  crossLengths: string,
  element: ElementType = 'float32',
): Layout {
  const first = g.op('Unsqueeze', [start, g.ints([1])]);
  const length = g.op('Squeeze', [g.op('Shape', [cache], { start: 2, end: 3 })]);
  const positions = g.op('Range', [g.int(0), g.op('Add', [length, 'max_steps']), g.int(1)]);
  const padding = g.op('Where', [g.op('Less', [positions, first]), g.number(-60_000), g.number(0)]);
  const audios = g.op('Shape', [crossName('k', 0)], { start: 0, end: 1 });
  return {
    start: first,
    padding: g.op('Unsqueeze', [
      element === 'float32' ? padding : g.op('Cast', [padding], { to: ELEMENT[element] }),
      g.ints([1, 2]),
    ]),
    crossLengths,
    fold: g.op('Concat', [audios, g.ints([-1, dims.decoderWidth])], { axis: 0 }),
  };
}
