import type { GraphBuilder } from '../onnx/graph-builder.js';

/** Positions on each side that the median looks at. */
const REACH = 3;

/**
 * Cost of aligning each token with each position (openai/whisper, timing.py, find_alignment): softmax over the positions that are
 * recording, normalised over tokens, running median of 7 with reflected ends, mean over heads, negated. The heads are computed
 * one by one, so that the values between take the memory of one head.
 * @param scores [b, heads, n, frames]
 * @param positions int64 [1], at least 4: positions that are recording
 * @param output [b, n, positions]
 */
export function alignmentCost(
  g: GraphBuilder,
  scores: string,
  heads: number,
  positions: string,
  output: string,
): void {
  const body = g.subgraph('head');
  const head = body.input('head', 'int64', []);
  body.input('running', 'bool', []);
  const sum = body.input('sum', 'float32', ['b', 'n', 'heard']);
  const own = body.op('Gather', [scores, head], { axis: 1 });
  const within = body.op('Slice', [own, g.ints([0]), positions, g.ints([2])]);
  const weights = body.op('Softmax', [within], { axis: -1 });
  const centred = body.op('Sub', [weights, body.op('ReduceMean', [weights, g.ints([1])], { keepdims: 1 })]);
  const squares = body.op('ReduceMean', [body.op('Mul', [centred, centred]), g.ints([1])], { keepdims: 1 });
  const normalised = body.op('Div', [centred, body.op('Sqrt', [squares])]);
  body.output(body.op('Identity', ['running']), 'bool');
  body.output(body.op('Add', [sum, runningMedian7(body, normalised, positions)]), 'float32');

  const shape = g.op(
    'Concat',
    [g.op('Shape', [scores], { start: 0, end: 1 }), g.op('Shape', [scores], { start: 2, end: 3 }), positions],
    { axis: 0 },
  );
  const nothing = g.op('Expand', [g.number(0), shape]);
  const [total] = g.node('Loop', [g.int(heads), '', nothing], [g.fresh('total')], { body }) as [string];
  g.op('Mul', [total, g.number(-1 / heads)], {}, output);
}

interface Sorted {
  readonly low: string;
  readonly middle: string;
  readonly high: string;
}

/**
 * Median of 7 along the last axis: of the six values beside the first, the third and fourth bound it. Those two come from two
 * sorted triples, and every triple serves twice. Whole-tensor minima and maxima, because the runtime does them 16 at a time.
 */
function runningMedian7(g: GraphBuilder, values: string, length: string): string {
  const padded = g.op('Pad', [values, g.ints([0, 0, REACH, 0, 0, REACH])], { mode: 'reflect' });
  const shifted = (of: string, from: number, longer: number): string =>
    g.op('Slice', [of, g.ints([from]), g.op('Add', [length, g.ints([from + longer])]), g.ints([2])]);
  const min = (...of: string[]): string => g.op('Min', of);
  const max = (...of: string[]): string => g.op('Max', of);

  const [a, b, c] = [0, 1, 2].map((from) => shifted(padded, from, REACH + 1)) as [string, string, string];
  const [lower, upper] = [min(a, b), max(a, b)];
  const lowerOfUpper = min(upper, c);
  const triples: Sorted = {
    low: min(lower, lowerOfUpper),
    middle: max(lower, lowerOfUpper),
    high: max(upper, c),
  };
  const triplesAt = (from: number): Sorted => ({
    low: shifted(triples.low, from, 0),
    middle: shifted(triples.middle, from, 0),
    high: shifted(triples.high, from, 0),
  });
  const x = triplesAt(1);
  const y = triplesAt(1 + REACH);
  const third = min(x.high, y.high, max(x.low, y.middle), max(x.middle, y.low));
  const fourth = min(max(x.middle, y.middle), max(x.low, y.high), max(x.high, y.low));
  return min(max(shifted(padded, 0, 0), third), fourth);
}
