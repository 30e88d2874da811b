import { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT, type ElementType } from '../onnx/onnx-proto.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import { elementOf, type ModelPrecision } from '../whisper/weight-forms.js';
import { chooseToken } from './choose-token.js';
import {
  cacheNames,
  cacheShape,
  enterCaches,
  inner,
  leaveCaches,
  layout,
  ruleInputs,
  suppression,
} from './decode-state.js';
import { at, decoderStep, firstLogits, longer, type RowContext } from './decoder-step.js';
import { crossInputs, crossLengthsInput } from './cross-attention.js';
import { applyRules, RULE_STATE, type RangeLogits, type RuleState } from './token-rules.js';

/** The rule state and whether the row has ended, [r, 1] each. */
export const ROW_STATE: readonly (readonly [name: keyof RowState, element: ElementType])[] = [
  ...RULE_STATE.map((name) => [name, 'int64'] as const),
  ['done', 'bool'],
];
export type RowState = RuleState & { readonly done: string };

/** Up to max_steps tokens of each row. At step 0 the first token is chosen from the prefill's `logits`; then each step runs the
 *  last token through the decoder and chooses the next, so that no decoder step is ever computed in vain. A run is continued by
 *  feeding its `next_*` outputs to the inputs of the same names. */
export function decodeGraph(
  weights: WeightIndex,
  dims: Dimensions,
  precision: ModelPrecision,
  tokens: SpecialTokens,
): Uint8Array {
  const g = GraphBuilder.create('decode', weights);
  declareInputs(g, dims, precision);
  const context: RowContext = {
    dims,
    precision,
    tokens,
    suppressed: suppression(g, tokens, dims.vocabulary),
    crossLengths: crossLengthsInput(g, 'c'),
    layout: layout(g, dims, precision, 'self_start', 'self_k_0'),
  };
  const names = ROW_STATE.map(([name]) => name);
  const firstStep = g.op('Gather', [g.op('Reshape', ['step', g.ints([-1])]), g.int(0)], { axis: 0 });
  const isFresh = g.op('Equal', [firstStep, g.int(0)]);
  const outputs = [...names.map((name) => g.fresh(name)), g.fresh('tokens'), g.fresh('logprobs')];
  g.node('If', [isFresh], outputs, { then_branch: begun(g, context), else_branch: continued(g) });
  const steps = g.op('Sub', ['max_steps', g.op('Cast', [isFresh], { to: ELEMENT.int64 })]);
  decodeLoop(g, context, steps, outputs, enterCaches(g, cacheNames(dims), precision));

  for (const [name, element] of ROW_STATE) g.output(`next_${name}`, element, ['r', 1]);
  leaveCaches(
    g,
    dims,
    precision,
    cacheNames(dims).map((name) => `next_${name}`),
    ['r', 'q'],
  );
  return g.encode();
}

function declareInputs(g: GraphBuilder, dims: Dimensions, precision: ModelPrecision): void {
  g.input('logits', 'float32', ['r', dims.vocabulary]);
  for (const name of cacheNames(dims)) g.input(name, 'float32', cacheShape(dims, 'r', 'p'));
  g.input('self_start', 'int64', ['r']);
  crossInputs(g, dims, precision, 'c');
  for (const [name, element] of ROW_STATE) g.input(name, element, ['r', 1]);
  ruleInputs(g, dims);
  g.input('temperature', 'float32', ['r', 1]);
  g.input('seed', 'int64', ['r', 1]);
  g.input('max_steps', 'int64', []);
}

/** The steps after the first token, until every row has ended. Outputs tokens, token_logprobs and the values named next_*.
 *  @param begun names of the row state, and of the tokens and log-probabilities [0 or 1, r] chosen already
 *  @param cache names of the caches before the loop */
export function decodeLoop(
  g: GraphBuilder,
  context: RowContext,
  steps: string,
  begun: readonly string[],
  cache: readonly string[],
): void {
  const state = begun.slice(0, ROW_STATE.length);
  const [firstTokens, firstLogprobs] = begun.slice(ROW_STATE.length) as [string, string];
  const running = anyRunning(g, state[ROW_STATE.findIndex(([name]) => name === 'done')]!);
  const next = [
    ...ROW_STATE.map(([name]) => `next_${name}`),
    ...cacheNames(context.dims).map((name) => inner(`next_${name}`, context.precision)),
  ];
  const stacks = [g.fresh('tokens'), g.fresh('logprobs')] as const;
  g.node('Loop', [steps, running, ...state, ...cache], [...next, ...stacks], { body: stepBody(g, context) });
  joinSteps(g, firstTokens, stacks[0], 'tokens');
  joinSteps(g, firstLogprobs, stacks[1], 'token_logprobs');
  g.output('tokens', 'int64', ['r', 'n']);
  g.output('token_logprobs', 'float32', ['r', 'n']);
}

/** Branch at step 0: a token from the prefill's logits. Outputs the row state, tokens and log-probabilities [1, r]. */
function begun(outer: GraphBuilder, context: RowContext): GraphBuilder {
  const g = outer.subgraph('first_token');
  const given = Object.fromEntries(ROW_STATE.map(([name]) => [name, name])) as unknown as RowState;
  const outputs = chooseFirstToken(g, context, 'logits', given);
  ROW_STATE.forEach(([, element], i) => g.output(outputs[i]!, element));
  g.output(outputs.at(-2)!, 'int64');
  g.output(outputs.at(-1)!, 'float32');
  return g;
}

/** @returns names of the row state after the first token, and of tokens and log-probabilities [1, r] */
export function chooseFirstToken(
  g: GraphBuilder,
  context: RowContext,
  logits: string,
  given: RowState,
): readonly string[] {
  const { token, logprob, state } = advance(g, context, firstLogits(g, context, logits), given);
  const flat = (x: string): string => g.op('Transpose', [x], { perm: [1, 0] });
  return [...ROW_STATE.map(([name]) => state[name]), flat(token), flat(logprob)];
}

/** Branch of a continued run: the state as given, tokens and log-probabilities [0, r]. */
function continued(outer: GraphBuilder): GraphBuilder {
  const g = outer.subgraph('continued');
  for (const [name, element] of ROW_STATE) g.output(g.op('Identity', [name]), element);
  const none = (x: string): string =>
    g.op('Transpose', [g.op('Slice', [x, g.ints([0]), g.ints([0]), g.ints([1])])], { perm: [1, 0] });
  g.output(none('last_token'), 'int64');
  g.output(none(g.op('Cast', ['last_token'], { to: ELEMENT.float32 })), 'float32');
  return g;
}

function stepBody(outer: GraphBuilder, context: RowContext): GraphBuilder {
  const g = outer.subgraph('step');
  g.input('iteration', 'int64', []);
  g.input('running', 'bool', []);
  for (const [name, element] of ROW_STATE) g.input(at(name), element, ['r', 1]);
  const logits = decoderStep(g, context);
  const given = Object.fromEntries(ROW_STATE.map(([name]) => [name, at(name)])) as unknown as RowState;
  const { token, logprob, state } = advance(g, context, logits, given);
  g.output(anyRunning(g, state.done), 'bool');
  for (const [name, element] of ROW_STATE) g.output(state[name], element);
  for (const name of cacheNames(context.dims)) g.output(longer(name), elementOf(context.precision));
  g.output(g.op('Identity', [token]), 'int64', ['r', 1]);
  g.output(logprob, 'float32', ['r', 1]);
  return g;
}

/** Chooses each row's token and moves the row state on; a row that has ended repeats end-of-text at no cost in probability. */
function advance(
  g: GraphBuilder,
  { dims, tokens }: RowContext,
  logits: RangeLogits,
  state: RowState,
): { readonly token: string; readonly logprob: string; readonly state: RowState } {
  const ruled = applyRules(g, tokens, dims.vocabulary, logits, state);
  const choice = chooseToken(g, tokens, ruled, state.step);
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
