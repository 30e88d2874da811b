import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import { uniformNoise } from './counter-noise.js';

/** Stands for a forbidden logit where minus infinity would turn sums of exponentials into NaN. */
export const FORBIDDEN = -1e30;

/** Values that the rules read, all [r, 1] but the logits [r, V], the masks and the scalars. */
export interface RuleInputs {
  readonly logits: string;
  readonly lastToken: string;
  readonly previousToken: string;
  readonly lastTimestamp: string;
  readonly step: string;
  readonly suppressText: string;
  readonly suppressTimestamps: string;
  readonly withTimestamps: string;
  readonly maxInitialTimestamp: string;
  readonly temperature: string;
  readonly seed: string;
}

interface Candidates {
  /** Largest logit. */
  readonly max: string;
  /** Log of the sum of exponentials. */
  readonly sum: string;
  readonly token: string;
}

/** Chooses the next token of each row under openai/whisper's rules (decoding.py: SuppressTokens, ApplyTimestampRules, GreedyDecoder).
 *  The vocabulary is looked at as three ranges (text, specials, timestamps), each reduced to its maximum, sum and arg-max once;
 *  the rules then decide between ranges on single numbers instead of masking 50,000 logits each step.
 *  @returns the token [b, 1] and its log-probability among the allowed ones, temperature not applied */
export function chooseToken(
  g: GraphBuilder,
  tokens: SpecialTokens,
  vocabulary: number,
  input: RuleInputs,
): { token: string; logprob: string } {
  const begin = g.int(tokens.timestampBegin);
  const all = (a: string, b: string): string => g.op('And', [a, b]);
  const pick = (condition: string, yes: string, no: string): string => g.op('Where', [condition, yes, no]);
  const text = g.op('Add', [range(g, input.logits, 0, tokens.timestampBegin), input.suppressText]);
  const timestampLogits = g.op('Add', [
    range(g, input.logits, tokens.timestampBegin, vocabulary),
    input.suppressTimestamps,
  ]);

  // Timestamps come in pairs, except directly before the end of text.
  const started = g.op('Greater', [input.step, g.int(0)]);
  const lastIsTimestamp = all(started, g.op('GreaterOrEqual', [input.lastToken, begin]));
  const previousIsTimestamp = g.op('Or', [
    g.op('Less', [input.step, g.int(2)]),
    g.op('GreaterOrEqual', [input.previousToken, begin]),
  ]);
  const pairOpen = all(input.withTimestamps, all(lastIsTimestamp, g.op('Not', [previousIsTimestamp])));
  const pairClosed = all(lastIsTimestamp, previousIsTimestamp);
  const first = all(input.withTimestamps, g.op('Not', [started]));

  // They never go back, and a segment is longer than nothing: allowed are those from `lowest` to `highest`.
  const after = pick(pairOpen, input.lastTimestamp, g.op('Add', [input.lastTimestamp, g.int(1)]));
  const lowest = pick(input.withTimestamps, pick(pairClosed, g.int(vocabulary), after), begin);
  const highest = pick(first, g.op('Add', [begin, input.maxInitialTimestamp]), g.int(vocabulary));
  const ids = g.ints(
    Array.from({ length: vocabulary - tokens.timestampBegin }, (_, i) => tokens.timestampBegin + i),
  );
  const allowed = all(g.op('GreaterOrEqual', [ids, lowest]), g.op('LessOrEqual', [ids, highest]));
  const timestamps = pick(allowed, timestampLogits, g.number(FORBIDDEN));

  const anyText = candidates(g, text, 0);
  const specials = candidates(g, range(g, text, tokens.eot, tokens.timestampBegin), tokens.eot);
  const stamps = candidates(g, timestamps, tokens.timestampBegin);
  const textOr = (part: keyof Candidates): string => pick(pairOpen, specials[part], anyText[part]);
  const textMax = pick(first, g.number(FORBIDDEN), textOr('max'));
  const textSum = pick(first, g.number(FORBIDDEN), textOr('sum'));

  // All timestamps together against the best text token; without timestamp rules, the plain maximum.
  const stampWins = g.op('Greater', [pick(input.withTimestamps, stamps.sum, stamps.max), textMax]);
  const onlyStamps = all(input.withTimestamps, stampWins);
  const total = pick(onlyStamps, stamps.sum, logAddExp(g, textSum, stamps.sum));
  const best = {
    token: pick(stampWins, stamps.token, textOr('token')),
    max: pick(stampWins, stamps.max, textMax),
  };

  const sampled = g.subgraph('sample');
  const noText = sampled.op('Or', [first, onlyStamps]);
  const forbidden = sampled.op('Or', [
    noText,
    sampled.op('And', [pairOpen, beforeSpecials(sampled, tokens)]),
  ]);
  const filtered = sampled.op(
    'Concat',
    [sampled.op('Where', [forbidden, g.number(FORBIDDEN), text]), timestamps],
    { axis: 1 },
  );
  gumbelSample(sampled, filtered, input);
  const greedy = g.subgraph('greedy');
  greedy.output(greedy.op('Identity', [best.token]), 'int64');
  greedy.output(greedy.op('Identity', [best.max]), 'float32');
  const [token, chosen] = g.node(
    'If',
    [g.op('Greater', [g.op('ReduceMax', [input.temperature], { keepdims: 0 }), g.number(0)])],
    [g.fresh('token'), g.fresh('chosen')],
    {
      then_branch: sampled,
      else_branch: greedy,
    },
  ) as [string, string];
  return { token, logprob: g.op('Sub', [chosen, total]) };
}

/** Columns [from, to) of [b, V]. */
export function range(g: GraphBuilder, x: string, from: number, to: number): string {
  return g.op('Slice', [x, g.ints([from]), g.ints([to]), g.ints([1])]);
}

/** Reduces [b, n] logits whose first column is token `offset`. Exp over the whole row is vectorised; ReduceLogSumExp is not. */
function candidates(g: GraphBuilder, logits: string, offset: number): Candidates {
  const max = g.op('ReduceMax', [logits, g.ints([1])], { keepdims: 1 });
  const exponentials = g.op('Exp', [g.op('Sub', [logits, max])]);
  const sum = g.op('Add', [
    max,
    g.op('Log', [g.op('ReduceSum', [exponentials, g.ints([1])], { keepdims: 1 })]),
  ]);
  const index = g.op('ArgMax', [logits], { axis: 1, keepdims: 1 });
  return { max, sum, token: offset === 0 ? index : g.op('Add', [index, g.int(offset)]) };
}

function logAddExp(g: GraphBuilder, a: string, b: string): string {
  const high = g.op('Max', [a, b]);
  const ratio = g.op('Exp', [g.op('Sub', [g.op('Min', [a, b]), high])]);
  return g.op('Add', [high, g.op('Log', [g.op('Add', [ratio, g.number(1)])])]);
}

/** [1, timestampBegin]: true for the text tokens proper, before end-of-text. */
function beforeSpecials(g: GraphBuilder, tokens: SpecialTokens): string {
  const ids = g.op('Range', [g.int(0), g.int(tokens.timestampBegin), g.int(1)]);
  return g.op('Less', [ids, g.int(tokens.eot)]);
}

/** A draw from softmax(logits / temperature): the arg-max after adding Gumbel noise. A row of temperature 0 gets no noise. */
function gumbelSample(g: GraphBuilder, logits: string, { temperature, seed, step }: RuleInputs): void {
  const uniform = uniformNoise(g, seed, step, g.op('Shape', [logits], { start: 1, end: 2 }));
  const noise = g.op('Neg', [g.op('Log', [g.op('Neg', [g.op('Log', [uniform])])])]);
  const token = g.op('ArgMax', [g.op('Add', [logits, g.op('Mul', [noise, temperature])])], {
    axis: 1,
    keepdims: 1,
  });
  g.output(token, 'int64');
  g.output(g.op('GatherElements', [logits, token], { axis: 1 }), 'float32');
}
