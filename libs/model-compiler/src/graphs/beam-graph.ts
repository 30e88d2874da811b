import { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import { elementOf, type ModelPrecision } from '../whisper/weight-forms.js';
import { chooseBeams, rankContinuations, type BeamCounts } from './beam-ranking.js';
import {
  asComputed,
  cacheNames,
  cacheShape,
  enterCaches,
  HIDDEN,
  inner,
  leave,
  leaveCaches,
  ruleInputs,
  suppression,
} from './decode-state.js';
import { at, enterStep, firstLogits, longer, stepLogits, type DecoderContext } from './decoder-step.js';
import { crossInputs } from './cross-attention.js';
import { embedNext } from './decoder-stack.js';
import { applyRules, FORBIDDEN, RULE_STATE, type RangeLogits, type RuleState } from './token-rules.js';

/** What a step says of each audio, [c, k]: stacked over the steps they are the run's outputs. */
const TRAIL = ['tokens', 'parents', 'finished_scores', 'finished_parents'] as const;
/** Added to the scores of the cache's positions: 0 where they belong to the beam's text, [r, p]. */
const LINEAGE = 'lineage';
/** Carried from step to step besides the caches and the lineage. */
const BEAM_STATE = [...RULE_STATE, 'beam_scores', 'finished'] as const;

interface BeamStep {
  /** By the names of BEAM_STATE. */
  readonly state: readonly string[];
  /** By the names of TRAIL. */
  readonly trail: readonly string[];
  /** Row that each row goes on from, int64 [r]. */
  readonly sources: string;
}

/** Where the beams stand in their audio's cache; the same for all steps of a run. */
interface Beams extends BeamCounts {
  /** Shape [c, k]. */
  readonly shape: string;
  /** Shape [c, 1, k, −1]. */
  readonly biasShape: string;
  /** [r, k]: added to the scores of the tokens that a step has chosen: each beam sees its own alone. */
  readonly others: string;
  /** Row of each audio's first beam, [c, 1]. */
  readonly firstRows: string;
}

/** Up to max_steps steps of a beam search (openai/whisper, decoding.py, BeamSearchDecoder): r = c·k rows, of which k decode one
 *  audio. As in `decode`, the first step chooses from the prefill's `logits`, and a run is continued by its `next_*` outputs.
 *
 *  The beams of an audio share one cache, which every step lengthens by k positions: moving beams moves no keys and values, and the
 *  prompt is stored and read once. `lineage` says which positions belong to a beam's text (tree attention, after Miao et al. 2024,
 *  "SpecInfer"). */
export function beamGraph(
  weights: WeightIndex,
  dims: Dimensions,
  precision: ModelPrecision,
  tokens: SpecialTokens,
): Uint8Array {
  const g = GraphBuilder.create('beam', weights);
  declareInputs(g, dims, precision);
  const context: DecoderContext = {
    dims,
    precision,
    tokens,
    suppressed: suppression(g, tokens, dims.vocabulary),
  };
  const beams = beamsOf(g, precision);
  const caches = cacheNames(dims);
  const firstStep = g.op('Gather', [g.op('Reshape', ['step', g.ints([-1])]), g.int(0)], { axis: 0 });
  const isFresh = g.op('Equal', [firstStep, g.int(0)]);
  const begin = [...BEAM_STATE, ...TRAIL].map((name) => g.fresh(name));
  g.node('If', [isFresh], begin, {
    then_branch: firstBeams(g, context, beams),
    else_branch: continued(g),
  });
  const state = begin.slice(0, BEAM_STATE.length);
  const steps = g.op('Sub', ['max_steps', g.op('Cast', [isFresh], { to: ELEMENT.int64 })]);
  const next = [
    ...BEAM_STATE.map((name) => `next_${name}`),
    ...[LINEAGE, ...caches].map((name) => inner(`next_${name}`, precision)),
  ];
  const stacks = TRAIL.map((name) => g.fresh(name));
  g.node(
    'Loop',
    [
      steps,
      anyUnfinished(g, state[BEAM_STATE.indexOf('finished')]!),
      ...state,
      ...enterCaches(g, [LINEAGE, ...caches], precision),
    ],
    [...next, ...stacks],
    { body: stepBody(g, context, beams) },
  );
  TRAIL.forEach((name, i) => {
    joinSteps(g, begin[BEAM_STATE.length + i]!, stacks[i]!, name);
    g.output(name, name === 'finished_scores' ? 'float32' : 'int64', ['c', 'n', 'k']);
  });
  for (const name of RULE_STATE) g.output(`next_${name}`, 'int64', ['r', 1]);
  g.output('next_beam_scores', 'float32', ['c', 'k']);
  g.output('next_finished', 'int64', ['c', 1]);
  leaveCaches(
    g,
    dims,
    precision,
    caches.map((name) => `next_${name}`),
    ['c', 'q'],
  );
  leave(g, precision, `next_${LINEAGE}`, ['r', 'q']);
  return g.encode();
}

function declareInputs(g: GraphBuilder, dims: Dimensions, precision: ModelPrecision): void {
  g.input('logits', 'float32', ['a', dims.vocabulary]);
  for (const name of cacheNames(dims)) g.input(name, 'float32', cacheShape(dims, 'c', 'p'));
  g.input(LINEAGE, 'float32', ['r', 'p']);
  crossInputs(g, dims, precision, 'c');
  for (const name of RULE_STATE) g.input(name, 'int64', ['r', 1]);
  g.input('beam_scores', 'float32', ['c', 'k']);
  g.input('finished', 'int64', ['c', 1]);
  g.input('max_finished', 'int64', []);
  ruleInputs(g, dims);
  g.input('max_steps', 'int64', []);
}

function beamsOf(g: GraphBuilder, precision: ModelPrecision): Beams {
  const size = (axis: number): string => g.op('Shape', ['beam_scores'], { start: axis, end: axis + 1 });
  const [audios, count] = [size(0), size(1)];
  const idsTo = (end: string): string => g.op('Range', [g.int(0), g.op('Squeeze', [end]), g.int(1)]);
  const ids = idsTo(count);
  const isOwn = g.op('Equal', [g.op('Unsqueeze', [ids, g.ints([1])]), ids]);
  const continuations = g.op('Add', [count, g.ints([1])]);
  const candidates = g.op('Mul', [continuations, g.ints([2])]);
  const others = g.op('Where', [isOwn, g.number(0), g.number(HIDDEN)]);
  return {
    count,
    continuations,
    candidates,
    candidateShape: g.op('Concat', [g.ints([-1]), g.op('Mul', [candidates, count])], { axis: 0 }),
    ranked: g.op('Mul', [count, g.ints([2])]),
    shape: g.op('Shape', ['beam_scores']),
    biasShape: g.op('Concat', [audios, g.ints([1]), count, g.ints([-1])], { axis: 0 }),
    others: g.op('Tile', [
      asComputed(g, others, precision),
      g.op('Concat', [audios, g.ints([1])], { axis: 0 }),
    ]),
    firstRows: g.op('Unsqueeze', [g.op('Mul', [idsTo(audios), count]), g.ints([1])]),
  };
}

/** Branch at step 0: each audio's logits are given to each of its beams; all but the first of them stand back by their beam_scores. */
function firstBeams(outer: GraphBuilder, context: DecoderContext, beams: Beams): GraphBuilder {
  const g = outer.subgraph('first_beams');
  const audios = g.op('Shape', ['beam_scores'], { start: 0, end: 1 });
  const rows = g.op('Range', [g.int(0), g.op('Squeeze', [g.op('Mul', [audios, beams.count])]), g.int(1)]);
  const audioOf = g.op('Div', [rows, beams.count]);
  const logits = g.op('Gather', ['logits', audioOf], { axis: 0 });
  const { state, trail } = advance(g, context, firstLogits(g, context, logits), beams, (name) => name);
  outputState(g, state);
  for (const [i, value] of trail.entries())
    g.output(g.op('Unsqueeze', [value, g.ints([0])]), trailElement(i));
  return g;
}

/** Branch of a continued run: everything as given, and no steps yet [0, c, k]. */
function continued(outer: GraphBuilder): GraphBuilder {
  const g = outer.subgraph('continued');
  outputState(
    g,
    BEAM_STATE.map((name) => g.op('Identity', [name])),
  );
  const none = g.op('Slice', [
    g.op('Unsqueeze', ['beam_scores', g.ints([0])]),
    g.ints([0]),
    g.ints([0]),
    g.ints([0]),
  ]);
  TRAIL.forEach((_, i) => {
    const element = trailElement(i);
    g.output(g.op('Cast', [none], { to: ELEMENT[element] }), element);
  });
  return g;
}

function stepBody(outer: GraphBuilder, context: DecoderContext, beams: Beams): GraphBuilder {
  const g = outer.subgraph('step');
  g.input('iteration', 'int64', []);
  g.input('running', 'bool', []);
  for (const name of RULE_STATE) g.input(at(name), 'int64', ['r', 1]);
  g.input(at('beam_scores'), 'float32', ['c', 'k']);
  g.input(at('finished'), 'int64', ['c', 1]);
  const { dims, precision } = context;
  const element = elementOf(precision);
  g.input(at(LINEAGE), element, ['r', 'q']);
  enterStep(g, context);
  const tokens = g.op('Reshape', [at('last_token'), beams.shape]);
  const embedded = embedNext(g, tokens, beamPositions(g, beams), dims, precision);
  const lineage = g.op('Concat', [at(LINEAGE), beams.others], { axis: 1 });
  const selfBias = g.op('Reshape', [lineage, beams.biasShape]);
  const logits = stepLogits(g, context, embedded, { selfBias, isSideBySide: true });
  const { state, trail, sources } = advance(g, context, logits, beams, at);
  g.output(anyUnfinished(g, state[BEAM_STATE.indexOf('finished')]!), 'bool');
  outputState(g, state);
  g.output(g.op('Gather', [lineage, sources], { axis: 0 }), element);
  for (const name of cacheNames(dims)) g.output(longer(name), element);
  trail.forEach((value, i) => g.output(g.op('Identity', [value]), trailElement(i)));
  return g;
}

/** Place of each beam's last token in its text, [c, k]: of the cache's positions k were added by each step after the first. */
function beamPositions(g: GraphBuilder, { count, shape }: Beams): string {
  const length = g.op('Shape', [at('self_k_0')], { start: 2, end: 3 });
  const added = g.op('Sub', [g.op('Reshape', [at('step'), shape]), g.int(1)]);
  return g.op('Sub', [length, g.op('Mul', [added, g.op('Sub', [count, g.int(1)])])]);
}

function outputState(g: GraphBuilder, state: readonly string[]): void {
  state.forEach((value, i) => g.output(value, BEAM_STATE[i] === 'beam_scores' ? 'float32' : 'int64'));
}

const trailElement = (i: number): 'float32' | 'int64' =>
  TRAIL[i] === 'finished_scores' ? 'float32' : 'int64';

/** Chooses the next beams and moves their rule state on: each row takes over the state of the beam it goes on from. */
function advance(
  g: GraphBuilder,
  { dims, tokens }: DecoderContext,
  logits: RangeLogits,
  beams: Beams,
  given: (name: string) => string,
): BeamStep {
  const rules = Object.fromEntries(RULE_STATE.map((name) => [name, given(name)])) as RuleState;
  const ruled = applyRules(g, tokens, dims.vocabulary, logits, rules, beams.continuations);
  const ranked = rankContinuations(g, ruled, given('beam_scores'), beams);
  const chosen = chooseBeams(g, tokens, ranked, beams.count);
  const column = (x: string): string => g.op('Reshape', [x, g.ints([-1, 1])]);
  const sources = g.op('Reshape', [g.op('Add', [chosen.parents, beams.firstRows]), g.ints([-1])]);
  const inherited = (name: keyof RuleState): string => g.op('Gather', [rules[name], sources], { axis: 0 });
  const token = column(chosen.tokens);
  const isTimestamp = g.op('GreaterOrEqual', [token, g.int(tokens.timestampBegin)]);
  const finishes = g.op('Cast', [g.op('Greater', [chosen.finishedScores, g.number(FORBIDDEN / 2)])], {
    to: ELEMENT.int64,
  });
  return {
    state: [
      token,
      inherited('last_token'),
      g.op('Where', [isTimestamp, token, inherited('last_timestamp')]),
      g.op('Add', [rules.step, g.int(1)]),
      chosen.scores,
      g.op('Add', [given('finished'), g.op('ReduceSum', [finishes, g.ints([1])], { keepdims: 1 })]),
    ],
    trail: [chosen.tokens, chosen.parents, chosen.finishedScores, chosen.finishedParents],
    sources,
  };
}

/** Whether any audio has fewer finished sequences than are wanted. */
function anyUnfinished(g: GraphBuilder, finished: string): string {
  return g.op('Less', [g.op('ReduceMin', [finished], { keepdims: 0 }), 'max_finished']);
}

/** first [0 or 1, c, k] and the loop's stack [n, c, k] → [c, steps, k]. The stack of a loop without steps knows neither c nor k. */
function joinSteps(g: GraphBuilder, first: string, stack: string, output: string): void {
  const shape = g.op(
    'Concat',
    [g.op('Shape', [stack], { start: 0, end: 1 }), g.op('Shape', ['beam_scores'])],
    { axis: 0 },
  );
  const steps = g.op('Reshape', [stack, shape], { allowzero: 1 });
  g.op('Transpose', [g.op('Concat', [first, steps], { axis: 0 })], { perm: [1, 0, 2] }, output);
}
