import { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT, type ElementType } from '../onnx/onnx-proto.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import type { Precision } from '../whisper/weights.js';
import { crossInputs, crossName, crossLengthsInput, decoderStack, embedNext } from './decoder-stack.js';
import { vocabularyLogits } from './layers.js';
import { chooseToken, FORBIDDEN } from './token-rules.js';

/** State of the timestamp rules, [r, 1] each, carried from run to run. */
const RULE_STATE: readonly (readonly [name: RuleName, element: ElementType])[] = [
  ['last_token', 'int64'],
  ['previous_token', 'int64'],
  ['last_timestamp', 'int64'],
  ['step', 'int64'],
  ['done', 'bool'],
];
type RuleName = 'last_token' | 'previous_token' | 'last_timestamp' | 'step' | 'done';
type RuleState = Readonly<Record<RuleName, string>>;

interface Masks {
  readonly suppressText: string;
  readonly suppressTimestamps: string;
}

interface Layout {
  /** First position of each row's cache that is no padding, [r, 1]. */
  readonly start: string;
  /** [r, 1, 1, p + max_steps]: what is added to the scores of the positions, forbidding padding. */
  readonly padding: string;
  readonly crossLengths: string;
  readonly fold: string;
}

/** Up to max_steps tokens of each row. At step 0 the first token is chosen from the prefill's `logits`; then each step runs the
 *  last token through the decoder and chooses the next, so that no decoder step is ever computed in vain. A run is continued by
 *  feeding its `next_*` outputs to the inputs of the same names. */
export function decodeGraph(
  weights: WeightIndex,
  dims: Dimensions,
  precision: Precision,
  tokens: SpecialTokens,
): Uint8Array {
  const g = GraphBuilder.create('decode', weights);
  declareInputs(g, dims);
  const fixed = layout(g, dims);
  const masks = suppression(g, tokens, dims.vocabulary);
  const names = RULE_STATE.map(([name]) => name);
  const fresh = g.op('Equal', [
    g.op('Gather', [g.op('Reshape', ['step', g.ints([-1])]), g.int(0)], { axis: 0 }),
    g.int(0),
  ]);
  const begun = g.node(
    'If',
    [fresh],
    [...names.map((name) => g.fresh(name)), g.fresh('tokens'), g.fresh('logprobs')],
    {
      then_branch: firstToken(g, dims, tokens, masks),
      else_branch: nothingYet(g),
    },
  );
  const state = begun.slice(0, names.length);
  const [firstTokens, firstLogprobs] = begun.slice(names.length) as [string, string];

  const cache = cacheNames(dims);
  const steps = g.op('Sub', ['max_steps', g.op('Cast', [fresh], { to: ELEMENT.int64 })]);
  const goOn = anyRunning(g, state[names.indexOf('done')]!);
  const next = [...names, ...cache].map((name) => `next_${name}`);
  const [loopTokens, loopLogprobs] = g
    .node('Loop', [steps, goOn, ...state, ...cache], [...next, g.fresh('tokens'), g.fresh('logprobs')], {
      body: stepBody(g, dims, precision, tokens, masks, fixed),
    })
    .slice(next.length) as [string, string];

  joinSteps(g, firstTokens, loopTokens, 'tokens');
  joinSteps(g, firstLogprobs, loopLogprobs, 'token_logprobs');
  g.output('tokens', 'int64', ['r', 'n']);
  g.output('token_logprobs', 'float32', ['r', 'n']);
  for (const [name, element] of RULE_STATE) g.output(`next_${name}`, element, ['r', 1]);
  for (const name of cache)
    g.output(`next_${name}`, 'float32', ['r', dims.decoderHeads, 'q', dims.decoderWidth / dims.decoderHeads]);
  return g.encode();
}

function declareInputs(g: GraphBuilder, dims: Dimensions): void {
  const { vocabulary, decoderHeads, decoderWidth } = dims;
  g.input('logits', 'float32', ['r', vocabulary]);
  for (const name of cacheNames(dims))
    g.input(name, 'float32', ['r', decoderHeads, 'p', decoderWidth / decoderHeads]);
  g.input('self_start', 'int64', ['r']);
  crossInputs(g, dims, 'c');
  for (const [name, element] of RULE_STATE) g.input(name, element, ['r', 1]);
  for (const name of ['suppress', 'blank_suppress']) g.input(name, 'float32', [vocabulary]);
  g.input('with_timestamps', 'bool', []);
  g.input('max_initial_timestamp', 'int64', []);
  g.input('temperature', 'float32', ['r', 1]);
  g.input('seed', 'int64', ['r', 1]);
  g.input('max_steps', 'int64', []);
}

function cacheNames(dims: Dimensions): readonly string[] {
  return Array.from({ length: dims.decoderLayers }, (_, l) => [`self_k_${l}`, `self_v_${l}`]).flat();
}

/** Where rows and audios lie in the padded tensors; the same for all steps of a run. */
function layout(g: GraphBuilder, dims: Dimensions): Layout {
  const crossLengths = crossLengthsInput(g, 'c');
  const start = g.op('Unsqueeze', ['self_start', g.ints([1])]);
  const longest = g.op('Add', [
    g.op('Squeeze', [g.op('Shape', ['self_k_0'], { start: 2, end: 3 })]),
    'max_steps',
  ]);
  const isPadding = g.op('Less', [g.op('Range', [g.int(0), longest, g.int(1)]), start]);
  return {
    start,
    padding: g.op('Unsqueeze', [
      g.op('Where', [isPadding, g.number(FORBIDDEN), g.number(0)]),
      g.ints([1, 2]),
    ]),
    crossLengths,
    fold: g.op(
      'Concat',
      [g.op('Shape', [crossName('k', 0)], { start: 0, end: 1 }), g.ints([-1, dims.decoderWidth])],
      { axis: 0 },
    ),
  };
}

/** What is added to the text and timestamp logits at every step. With timestamps, <|notimestamps|> is never chosen. */
function suppression(g: GraphBuilder, tokens: SpecialTokens, vocabulary: number): Masks {
  const text = g.op('Slice', ['suppress', g.ints([0]), g.ints([tokens.timestampBegin]), g.ints([0])]);
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

/** Branch at step 0: a token from the prefill's logits, blank suppressed. Outputs the rule state, tokens and log-probabilities [1, r]. */
function firstToken(
  outer: GraphBuilder,
  dims: Dimensions,
  tokens: SpecialTokens,
  masks: Masks,
): GraphBuilder {
  const g = outer.subgraph('first_token');
  const given = Object.fromEntries(RULE_STATE.map(([name]) => [name, name])) as RuleState;
  const logits = g.op('Add', ['logits', 'blank_suppress']);
  const chosen = advance(g, dims, tokens, masks, logits, given);
  for (const [name, element] of RULE_STATE) g.output(chosen.state[name], element);
  g.output(g.op('Transpose', [chosen.token], { perm: [1, 0] }), 'int64');
  g.output(g.op('Transpose', [chosen.logprob], { perm: [1, 0] }), 'float32');
  return g;
}

/** Branch of a continued run: the state as given, tokens and log-probabilities [0, r]. */
function nothingYet(outer: GraphBuilder): GraphBuilder {
  const g = outer.subgraph('continued');
  for (const [name, element] of RULE_STATE) g.output(g.op('Identity', [name]), element);
  const none = (x: string): string =>
    g.op('Transpose', [g.op('Slice', [x, g.ints([0]), g.ints([0]), g.ints([1])])], { perm: [1, 0] });
  g.output(none('last_token'), 'int64');
  g.output(none(g.op('Cast', ['last_token'], { to: ELEMENT.float32 })), 'float32');
  return g;
}

/** Loop body: the last token through the decoder, then the choice of the next. */
function stepBody(
  outer: GraphBuilder,
  dims: Dimensions,
  precision: Precision,
  tokens: SpecialTokens,
  masks: Masks,
  { start, padding, crossLengths, fold }: Layout,
): GraphBuilder {
  const g = outer.subgraph('step');
  const at = (name: string): string => `at_${name}`;
  g.input('iteration', 'int64', []);
  g.input('running', 'bool', []);
  for (const [name, element] of RULE_STATE) g.input(at(name), element, ['r', 1]);
  for (const name of cacheNames(dims)) g.input(at(name), 'float32');

  const length = g.op('Shape', [at('self_k_0')], { start: 2, end: 3 });
  const withNext = g.op('Add', [length, g.ints([1])]);
  const embedded = embedNext(g, at('last_token'), g.op('Sub', [length, start]));
  const hidden = decoderStack(g, embedded, dims, {
    precision,
    selfBias: g.op('Slice', [padding, g.ints([0]), withNext, g.ints([3])]),
    crossLengths,
    fold,
    past: (part, l) => at(`self_${part}_${l}`),
    present: (part, l) => `longer_self_${part}_${l}`,
  });
  const logits = g.op('Squeeze', [
    vocabularyLogits(g, hidden, dims.decoderWidth, dims.vocabulary, precision),
    g.ints([1]),
  ]);
  const given = Object.fromEntries(RULE_STATE.map(([name]) => [name, at(name)])) as RuleState;
  const chosen = advance(g, dims, tokens, masks, logits, given);

  g.output(anyRunning(g, chosen.state.done), 'bool');
  for (const [name, element] of RULE_STATE) g.output(chosen.state[name], element);
  for (const name of cacheNames(dims)) g.output(`longer_${name}`, 'float32');
  g.output(g.op('Identity', [chosen.token]), 'int64', ['r', 1]);
  g.output(chosen.logprob, 'float32', ['r', 1]);
  return g;
}

/** Chooses each row's token and moves the rule state on; a row that has ended repeats end-of-text at no cost in probability. */
function advance(
  g: GraphBuilder,
  dims: Dimensions,
  tokens: SpecialTokens,
  masks: Masks,
  logits: string,
  state: RuleState,
): { readonly token: string; readonly logprob: string; readonly state: RuleState } {
  const choice = chooseToken(g, tokens, dims.vocabulary, {
    logits,
    lastToken: state.last_token,
    previousToken: state.previous_token,
    lastTimestamp: state.last_timestamp,
    step: state.step,
    ...masks,
    withTimestamps: 'with_timestamps',
    maxInitialTimestamp: 'max_initial_timestamp',
    temperature: 'temperature',
    seed: 'seed',
  });
  const token = g.op('Where', [state.done, g.int(tokens.eot), choice.token]);
  const isTimestamp = g.op('GreaterOrEqual', [token, g.int(tokens.timestampBegin)]);
  return {
    token,
    logprob: g.op('Where', [state.done, g.number(0), choice.logprob]),
    state: {
      last_token: token,
      previous_token: g.op('Identity', [state.last_token]),
      last_timestamp: g.op('Where', [isTimestamp, token, state.last_timestamp]),
      step: g.op('Add', [state.step, g.int(1)]),
      done: g.op('Or', [state.done, g.op('Equal', [token, g.int(tokens.eot)])]),
    },
  };
}

function anyRunning(g: GraphBuilder, done: string): string {
  const all = g.op('ReduceMin', [g.op('Cast', [done], { to: ELEMENT.int32 })], { keepdims: 0 });
  return g.op('Not', [g.op('Cast', [all], { to: ELEMENT.bool })]);
}

/** first [0 or 1, r] and the loop's stack [n, r, 1] → [r, steps]. The stack of a loop without steps does not know r. */
function joinSteps(g: GraphBuilder, first: string, stack: string, output: string): void {
  const shape = g.op(
    'Concat',
    [g.op('Shape', [stack], { start: 0, end: 1 }), g.op('Shape', [first], { start: 1, end: 2 })],
    { axis: 0 },
  );
  const rows = g.op('Reshape', [stack, shape], { allowzero: 1 });
  g.op('Transpose', [g.op('Concat', [first, rows], { axis: 0 })], { perm: [1, 0] }, output);
}
