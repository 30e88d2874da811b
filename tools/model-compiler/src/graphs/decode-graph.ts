import { GraphBuilder } from '../onnx/graph-builder.js';
import type { ElementType } from '../onnx/onnx-proto.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import type { Precision } from '../whisper/weights.js';
import { crossInputs, decoderStack, embedTokens } from './decoder-stack.js';
import { vocabularyLogits } from './layers.js';
import { chooseToken } from './token-rules.js';

/** State of the timestamp rules, [b, 1] each, carried from run to run. */
const RULE_STATE: readonly (readonly [name: string, element: ElementType])[] = [
  ['last_token', 'int64'],
  ['previous_token', 'int64'],
  ['last_timestamp', 'int64'],
  ['step', 'int64'],
  ['done', 'bool'],
];

/** Up to max_steps steps of: choose a token from the logits, stop if every row has ended, run the decoder for the next logits.
 *  A run can be continued by feeding its `next_*` outputs to the inputs of the same names. */
export function decodeGraph(
  weights: WeightIndex,
  dims: Dimensions,
  precision: Precision,
  tokens: SpecialTokens,
): Uint8Array {
  const g = GraphBuilder.create('decode', weights);
  const { vocabulary } = dims;
  const cache = cacheNames(dims);
  g.input('logits', 'float32', ['b', vocabulary]);
  for (const name of cache)
    g.input(name, 'float32', ['b', dims.decoderHeads, 'p', dims.decoderWidth / dims.decoderHeads]);
  crossInputs(g, dims);
  for (const [name, element] of RULE_STATE) g.input(name, element, ['b', 1]);
  for (const name of ['suppress', 'blank_suppress']) g.input(name, 'float32', [vocabulary]);
  g.input('with_timestamps', 'bool', []);
  g.input('max_initial_timestamp', 'int64', []);
  g.input('temperature', 'float32', []);
  g.input('max_steps', 'int64', []);

  const masks = suppression(g, tokens, vocabulary);
  const atStart = g.op('Equal', ['step', g.int(0)]);
  const firstLogits = g.op('Where', [atStart, g.op('Add', ['logits', 'blank_suppress']), 'logits']);
  const body = stepBody(g, dims, precision, tokens, masks);
  const state = ['logits', ...RULE_STATE.map(([name]) => name), ...cache];
  const chosen = [g.fresh('chosen_tokens'), g.fresh('chosen_logprobs')];
  g.node(
    'Loop',
    ['max_steps', '', firstLogits, ...state.slice(1)],
    [...state.map((name) => `next_${name}`), ...chosen],
    { body },
  );

  // The loop stacks its steps first: [n, b, 1] → [b, n].
  const rows = (x: string, output: string): string =>
    g.op('Transpose', [g.op('Squeeze', [x, g.ints([2])])], { perm: [1, 0] }, output);
  g.output(rows(chosen[0]!, 'tokens'), 'int64', ['b', 'n']);
  g.output(rows(chosen[1]!, 'token_logprobs'), 'float32', ['b', 'n']);
  g.output('next_logits', 'float32', ['b', vocabulary]);
  for (const [name, element] of RULE_STATE) g.output(`next_${name}`, element, ['b', 1]);
  for (const name of cache)
    g.output(`next_${name}`, 'float32', ['b', dims.decoderHeads, 'q', dims.decoderWidth / dims.decoderHeads]);
  return g.encode();
}

function cacheNames(dims: Dimensions): readonly string[] {
  return Array.from({ length: dims.decoderLayers }, (_, l) => [`self_k_${l}`, `self_v_${l}`]).flat();
}

/** What is added to the text and timestamp logits at every step. With timestamps, <|notimestamps|> is never chosen. */
function suppression(
  g: GraphBuilder,
  tokens: SpecialTokens,
  vocabulary: number,
): { suppressText: string; suppressTimestamps: string } {
  const split = [g.ints([0]), g.ints([tokens.timestampBegin]), g.ints([0])];
  const text = g.op('Slice', ['suppress', ...split]);
  const withoutNoTimestamps = g.op(
    'ScatterElements',
    [text, g.ints([tokens.noTimestamps]), g.floats([-Infinity])],
    { axis: 0 },
  );
  return {
    suppressText: g.op('Where', ['with_timestamps', withoutNoTimestamps, text]),
    suppressTimestamps: g.op('Slice', [
      'suppress',
      g.ints([tokens.timestampBegin]),
      g.ints([vocabulary]),
      g.ints([0]),
    ]),
  };
}

function stepBody(
  outer: GraphBuilder,
  dims: Dimensions,
  precision: Precision,
  tokens: SpecialTokens,
  masks: { suppressText: string; suppressTimestamps: string },
): GraphBuilder {
  const g = outer.subgraph('step');
  const cache = cacheNames(dims);
  const at = (name: string): string => `at_${name}`;
  g.input('iteration', 'int64', []);
  g.input('continue', 'bool', []);
  g.input(at('logits'), 'float32');
  for (const [name, element] of RULE_STATE) g.input(at(name), element);
  for (const name of cache) g.input(at(name), 'float32');

  const choice = chooseToken(g, tokens, dims.vocabulary, {
    logits: at('logits'),
    lastToken: at('last_token'),
    previousToken: at('previous_token'),
    lastTimestamp: at('last_timestamp'),
    step: at('step'),
    ...masks,
    withTimestamps: 'with_timestamps',
    maxInitialTimestamp: 'max_initial_timestamp',
    temperature: 'temperature',
  });
  const token = g.op('Where', [at('done'), g.int(tokens.eot), choice.token]);
  const logprob = g.op('Where', [at('done'), g.number(0), choice.logprob]);
  const done = g.op('Or', [at('done'), g.op('Equal', [token, g.int(tokens.eot)])]);
  const isTimestamp = g.op('GreaterOrEqual', [token, g.int(tokens.timestampBegin)]);
  const allDone = g.op('ReduceMin', [g.op('Cast', [done], { to: 6 })], { keepdims: 0 });
  const goOn = g.op('Not', [g.op('Cast', [allDone], { to: 9 })]);
  const state = g.node(
    'If',
    [goOn],
    ['logits', ...cache].map((name) => g.fresh(name)),
    {
      then_branch: decoderStep(g, dims, precision, token, at),
      else_branch: unchanged(g, dims, at),
    },
  );

  g.output(g.op('Identity', [goOn]), 'bool');
  g.output(state[0]!, 'float32');
  g.output(g.op('Identity', [token]), 'int64');
  g.output(g.op('Identity', [at('last_token')]), 'int64');
  g.output(g.op('Where', [isTimestamp, token, at('last_timestamp')]), 'int64');
  g.output(g.op('Add', [at('step'), g.int(1)]), 'int64');
  g.output(g.op('Identity', [done]), 'bool');
  for (const name of state.slice(1)) g.output(name, 'float32');
  g.output(g.op('Identity', [token]), 'int64');
  g.output(g.op('Identity', [logprob]), 'float32');
  return g;
}

/** One token through the decoder: next logits and the longer cache. */
function decoderStep(
  outer: GraphBuilder,
  dims: Dimensions,
  precision: Precision,
  token: string,
  at: (name: string) => string,
): GraphBuilder {
  const g = outer.subgraph('decoder_step');
  const length = g.op('Shape', [at('self_k_0')], { start: 2, end: 3 });
  const names = new Map<string, string>();
  const hidden = decoderStack(g, embedTokens(g, token, length), dims, {
    precision,
    past: (part, l) => at(`self_${part}_${l}`),
    present: (part, l) => {
      const name = `self_${part}_${l}`;
      names.set(name, g.fresh(name));
      return names.get(name)!;
    },
  });
  const logits = vocabularyLogits(g, hidden, dims.decoderWidth, dims.vocabulary, precision);
  g.output(g.op('Squeeze', [logits, g.ints([1])]), 'float32');
  for (const name of cacheNames(dims)) g.output(names.get(name)!, 'float32');
  return g;
}

/** When every row has ended nothing is computed. */
function unchanged(outer: GraphBuilder, dims: Dimensions, at: (name: string) => string): GraphBuilder {
  const g = outer.subgraph('unchanged');
  for (const name of ['logits', ...cacheNames(dims)]) g.output(g.op('Identity', [at(name)]), 'float32');
  return g;
}
