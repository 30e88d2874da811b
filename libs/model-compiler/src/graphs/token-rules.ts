import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';

/** Stands for a forbidden logit where minus infinity would turn sums of exponentials into NaN. */
export const FORBIDDEN = -1e30;

/** What the timestamp rules remember of each row, [r, 1] each, carried from step to step. */
export const RULE_STATE = ['last_token', 'previous_token', 'last_timestamp', 'step'] as const;
export type RuleState = Readonly<Record<(typeof RULE_STATE)[number], string>>;

/** Logits in two ranges, suppressed tokens already lowered. */
export interface RangeLogits {
  /** Text and special tokens, [r, timestampBegin]. */
  readonly text: string;
  /** [r, timestamps]. */
  readonly timestamps: string;
}

/** What the rules decide for each row, [r, 1] each but the logits. */
export interface RuledTokens extends RangeLogits {
  /** The best of each range, as many as were asked for: of the text only the specials where a timestamp pair is open. */
  readonly leading: Readonly<Record<keyof RangeLogits, Leading>>;
  /** A timestamp pair is open: of the text range only the specials are allowed. */
  readonly pairOpen: string;
  /** Nothing of the text range is allowed. */
  readonly textForbidden: string;
  /** The most likely allowed token is a timestamp. */
  readonly stampWins: string;
  /** Log of the sum of the allowed tokens' exponentials. */
  readonly total: string;
}

/** The best tokens of a range, best first, [r, n] each. */
export interface Leading {
  readonly logits: string;
  readonly tokens: string;
}

interface Candidates extends Leading {
  /** Log of the sum of exponentials, [r, 1]. */
  readonly sum: string;
}

/** Applies openai/whisper's rules (decoding.py: ApplyTimestampRules) to rows of logits.
 *  The vocabulary is looked at as three ranges (text, specials, timestamps), each reduced to its maximum, sum and arg-max once;
 *  the rules then decide between ranges on single numbers instead of masking 50,000 logits each step.
 *  @param count how many of each range `leading` holds, int64 [1]; one where it is left out */
export function applyRules(
  g: GraphBuilder,
  tokens: SpecialTokens,
  vocabulary: number,
  logits: RangeLogits,
  state: RuleState,
  count?: string,
): RuledTokens {
  const begin = g.int(tokens.timestampBegin);
  const all = (a: string, b: string): string => g.op('And', [a, b]);
  const pick = (condition: string, yes: string, no: string): string => g.op('Where', [condition, yes, no]);

  // Timestamps come in pairs, except directly before the end of text.
  const started = g.op('Greater', [state.step, g.int(0)]);
  const lastIsTimestamp = all(started, g.op('GreaterOrEqual', [state.last_token, begin]));
  const previousIsTimestamp = g.op('Or', [
    g.op('Less', [state.step, g.int(2)]),
    g.op('GreaterOrEqual', [state.previous_token, begin]),
  ]);
  const pairOpen = all('with_timestamps', all(lastIsTimestamp, g.op('Not', [previousIsTimestamp])));
  const pairClosed = all(lastIsTimestamp, previousIsTimestamp);
  const first = all('with_timestamps', g.op('Not', [started]));

  // They never go back, and a segment is longer than nothing: allowed are those from `lowest` to `highest`.
  const after = pick(pairOpen, state.last_timestamp, g.op('Add', [state.last_timestamp, g.int(1)]));
  const lowest = pick('with_timestamps', pick(pairClosed, g.int(vocabulary), after), begin);
  const highest = pick(first, g.op('Add', [begin, 'max_initial_timestamp']), g.int(vocabulary));
  const ids = g.ints(
    Array.from({ length: vocabulary - tokens.timestampBegin }, (_, i) => tokens.timestampBegin + i),
  );
  const allowed = all(g.op('GreaterOrEqual', [ids, lowest]), g.op('LessOrEqual', [ids, highest]));
  const timestamps = pick(allowed, logits.timestamps, g.number(FORBIDDEN));
  const specials = range(g, logits.text, tokens.eot, tokens.timestampBegin);

  const anyText = candidates(g, logits.text, 0, count);
  const onlySpecials = candidates(g, specials, tokens.eot, count);
  const stamps = candidates(g, timestamps, tokens.timestampBegin, count);
  const textOr = (part: keyof Candidates): string => pick(pairOpen, onlySpecials[part], anyText[part]);
  const text = { logits: textOr('logits'), tokens: textOr('tokens') };
  const best = (of: Leading): string => firstColumn(g, of.logits, count);
  const textMax = pick(first, g.number(FORBIDDEN), best(text));
  const textSum = pick(first, g.number(FORBIDDEN), textOr('sum'));

  // All timestamps together against the best text token; without timestamp rules, the plain maximum.
  const stampWins = g.op('Greater', [pick('with_timestamps', stamps.sum, best(stamps)), textMax]);
  const onlyStamps = all('with_timestamps', stampWins);
  return {
    text: logits.text,
    timestamps,
    leading: { text, timestamps: stamps },
    pairOpen,
    textForbidden: g.op('Or', [first, onlyStamps]),
    stampWins,
    total: pick(onlyStamps, stamps.sum, logAddExp(g, textSum, stamps.sum)),
  };
}

/** Columns [from, to) of [r, n]. */
export function range(g: GraphBuilder, x: string, from: number, to: number): string {
  return g.op('Slice', [x, g.ints([from]), g.ints([to]), g.ints([1])]);
}

/** Reduces [r, n] logits whose first column is token `offset`. The sum is read off the runtime's LogSoftmax, which is one
 *  vectorised pass; ReduceLogSumExp is not. */
function candidates(g: GraphBuilder, logits: string, offset: number, count?: string): Candidates {
  const [values, indices] = greatest(g, logits, count);
  const first = (x: string): string => firstColumn(g, x, count);
  const shares = g.op('LogSoftmax', [logits], { axis: 1 });
  const share = g.op('GatherElements', [shares, first(indices)], { axis: 1 });
  return {
    logits: values,
    tokens: offset === 0 ? indices : g.op('Add', [indices, g.int(offset)]),
    sum: g.op('Sub', [first(values), share]),
  };
}

/** Of [r, count], or of [r, 1] where no count was given. */
function firstColumn(g: GraphBuilder, x: string, count?: string): string {
  return count === undefined ? x : range(g, x, 0, 1);
}

/** The `count` greatest of each row and their places; ArgMax finds one in less time than TopK. */
function greatest(
  g: GraphBuilder,
  logits: string,
  count?: string,
): readonly [values: string, places: string] {
  if (count === undefined) {
    const index = g.op('ArgMax', [logits], { axis: 1, keepdims: 1 });
    return [g.op('GatherElements', [logits, index], { axis: 1 }), index];
  }
  const names = [g.fresh('top'), g.fresh('top_places')] as const;
  g.node('TopK', [logits, count], names, { axis: 1 });
  return names;
}

function logAddExp(g: GraphBuilder, a: string, b: string): string {
  const high = g.op('Max', [a, b]);
  const ratio = g.op('Exp', [g.op('Sub', [g.op('Min', [a, b]), high])]);
  return g.op('Add', [high, g.op('Log', [g.op('Add', [ratio, g.number(1)])])]);
}
