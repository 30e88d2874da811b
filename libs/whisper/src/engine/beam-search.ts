import { type Feeds, Tensor } from '@parlance/onnx/model';
import { BeamHypotheses } from './beam-hypotheses.js';
import type { DecodeAttempt } from './decode-attempt.js';
import { likeliest, type Hypothesis } from './ranking.js';
import { bigintsOf, continued, floats, floatsOf, freeAll, integers, pick } from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

/** Graph steps of one run: between runs a job can be overtaken or given up. */
const STEPS_PER_RUN = 24;
/** Beams that do not stand yet. */
const ABSENT = -1e30;

/**
 * Beam search at temperature 0 (openai/whisper, decoding.py, BeamSearchDecoder). All beams hear the same audio and
 * share one cache, which each step reads once.
 * @param limit most tokens of a text
 */
export async function searchBeams(
  graphs: WhisperGraphs,
  { job, cross, rules, prefilled, decoding, limit }: DecodeAttempt,
  size: number,
): Promise<Hypothesis> {
  const maxFinished = Math.max(1, Math.round(size * decoding.patience));
  const prompt = prefilled.self_k_0?.dims[2] ?? 0;
  const hypotheses = new BeamHypotheses(size, maxFinished);
  let state: Feeds = {
    ...pick(prefilled, 'self_'),
    lineage: floats(new Float32Array(size * prompt), [size, prompt]),
    ...ruleState(graphs.manifest.tokens.timestampBegin, size),
  };
  const constant: Feeds = {
    ...cross.tensors,
    ...rules.feeds,
    logits: prefilled.logits as Tensor,
    max_finished: integers([maxFinished], []),
  };
  let scores: Float32Array = new Float32Array(size);
  while (hypotheses.length < limit && !hypotheses.isComplete) {
    const output = await graphs.run(job, 'beam', {
      ...constant,
      ...state,
      max_steps: integers([Math.min(STEPS_PER_RUN, limit - hypotheses.length)], []),
    });
    addSteps(hypotheses, output, size);
    scores = floatsOf(output.next_beam_scores);
    freeState(state, prefilled);
    state = { ...state, ...continued(output) };
  }
  freeState(state, prefilled);
  return likeliest(hypotheses.finish(scores), decoding.lengthPenalty);
}

/** What one run hands to the next, but for what the next temperature begins with. */
function freeState(state: Feeds, prefilled: Feeds): void {
  if (state.self_k_0 !== prefilled.self_k_0) freeAll(pick(state, 'self_', 'lineage'));
}

function addSteps(hypotheses: BeamHypotheses, output: Feeds, size: number): void {
  const [, steps = 0] = output.tokens?.dims ?? [];
  for (let step = 0; step < steps && !hypotheses.isComplete; step++) {
    const span = [step * size, (step + 1) * size] as const;
    hypotheses.add({
      tokens: bigintsOf(output.tokens).subarray(...span),
      parents: bigintsOf(output.parents).subarray(...span),
      finishedScores: floatsOf(output.finished_scores).subarray(...span),
      finishedParents: bigintsOf(output.finished_parents).subarray(...span),
    });
  }
}

/** At the start only the first beam stands. */
function ruleState(timestampBegin: number, size: number): Feeds {
  const column = (value: number): Tensor => integers(new Array<number>(size).fill(value), [size, 1]);
  const scores = new Float32Array(size).fill(ABSENT, 1);
  return {
    last_token: column(0),
    previous_token: column(0),
    last_timestamp: column(timestampBegin - 1),
    step: column(0),
    beam_scores: floats(scores, [1, size]),
    finished: integers([0], [1, 1]),
  };
}
