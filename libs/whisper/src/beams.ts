import { Tensor, type Feeds } from '@parlance/onnx/model';
import { likeliest, type DecodeAttempt, type Hypothesis } from './sampling.js';
import {
  bigintsOf,
  continued,
  floats,
  floatsOf,
  floatTypeOf,
  freeAll,
  integers,
  pick,
  zeros,
} from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

/** Decoder steps of one run: between runs a job can be overtaken or cancelled. */
const STEPS_PER_RUN = 24;
/** Beams that do not stand yet. */
const ABSENT = -1e30;

/**
 * Beam search at temperature 0 (openai/whisper, decoding.py, BeamSearchDecoder). All beams decode the same audio and
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
    ...beamStates(graphs.manifest.tokens.timestampBegin, size),
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

/** At the start only the first beam exists. */
function beamStates(timestampBegin: number, size: number): Feeds {
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

/** One step of the beam graph, `k` numbers each. */
export interface BeamStep {
  readonly tokens: ArrayLike<number | bigint>;
  /** The beam of the step before that each continues. */
  readonly parents: ArrayLike<number | bigint>;
  /** Sums of log-probabilities of texts that ended in this step; NONE where there are no more. */
  readonly finishedScores: ArrayLike<number>;
  readonly finishedParents: ArrayLike<number | bigint>;
}

/** Scores below mean an empty entry. */
const NONE = -1e29;

/** The texts of a beam search, put together from what the graph chose (openai/whisper, decoding.py, BeamSearchDecoder). */
export class BeamHypotheses {
  private beams: (readonly number[])[];
  private readonly finished: Hypothesis[] = [];

  /** @param maxFinished round(beam size × patience) */
  constructor(
    private readonly size: number,
    private readonly maxFinished: number,
  ) {
    this.beams = Array.from({ length: size }, () => []);
  }

  get isComplete(): boolean {
    return this.finished.length >= this.maxFinished;
  }

  /** Tokens of each unfinished text. */
  get length(): number {
    return this.beams[0]?.length ?? 0;
  }

  add({ tokens, parents, finishedScores, finishedParents }: BeamStep): void {
    const before = this.beams;
    const ended = Array.from({ length: this.size }, (_, i) => ({
      tokens: before[Number(finishedParents[i])] ?? [],
      sum: finishedScores[i] as number,
    })).filter(({ sum }) => sum > NONE);
    ended.sort((a, b) => b.sum - a.sum);
    this.finished.push(...ended.slice(0, this.maxFinished - this.finished.length));
    this.beams = before.map((_, i) => [...(before[Number(parents[i])] ?? []), Number(tokens[i])]);
  }

  /** @param scores sums of log-probabilities of the unfinished texts, which fill up where too few have ended */
  finish(scores: ArrayLike<number>): readonly Hypothesis[] {
    const missing = Math.max(0, this.size - this.finished.length);
    const unfinished = this.beams
      .map((tokens, i) => ({ tokens, sum: scores[i] as number }))
      .sort((a, b) => b.sum - a.sum);
    return [...this.finished, ...unfinished.slice(0, missing)];
  }
}

/** Several draws from the same audio, which each step reads once for all; the likeliest is kept (openai/whisper, best_of). */
export async function drawBest(
  graphs: WhisperGraphs,
  { job, cross, rules, prefilled, decoding, temperature, seed, limit }: DecodeAttempt,
  count: number,
): Promise<Hypothesis> {
  const { eot, timestampBegin } = graphs.manifest.tokens;
  const draws = Array.from({ length: count }, () => ({
    ...{ tokens: [] as number[], logProbabilities: [] as number[] },
    ...{ sum: 0, ended: false },
  }));
  let state: Feeds = {
    ...Object.fromEntries(
      Object.entries(pick(prefilled, 'self_', 'logits')).map(([name, tensor]) => [
        name,
        repeated(tensor, count),
      ]),
    ),
    ...drawStates(timestampBegin, count),
  };
  const constant: Feeds = {
    ...cross.feeds,
    ...rules.feeds,
    self_start: integers(new Array<number>(count).fill(0), [count]),
    temperature: floats(new Float32Array(count).fill(temperature), [count, 1]),
    seed: integers(
      draws.map((_, i) => (seed + i) % 2 ** 31),
      [count, 1],
    ),
  };
  for (let written = 0; written < limit && draws.some(({ ended }) => !ended);) {
    const output = await graphs.run(job, 'decode', {
      ...constant,
      ...state,
      max_steps: integers([Math.min(STEPS_PER_RUN, limit - written)], []),
    });
    const [, steps = 0] = output.tokens?.dims ?? [];
    const ids = bigintsOf(output.tokens);
    const logProbabilities = floatsOf(output.token_logprobs);
    draws.forEach((draw, row) => {
      for (let i = row * steps; i < (row + 1) * steps && !draw.ended; i++) {
        const token = Number(ids[i]);
        const logProbability = logProbabilities[i] as number;
        draw.sum += logProbability;
        if (token === eot) draw.ended = true;
        else {
          draw.tokens.push(token);
          draw.logProbabilities.push(logProbability);
        }
      }
    });
    written += steps;
    freeAll(pick(state, 'self_'));
    state = { ...state, ...continued(output) };
  }
  freeAll(pick(state, 'self_', 'logits'));
  return likeliest(draws, decoding.lengthPenalty);
}

function repeated(tensor: Tensor, count: number): Tensor {
  const row = floatsOf(tensor);
  const type = floatTypeOf(tensor);
  const rows = zeros(row.length * count, type);
  for (let i = 0; i < count; i++) rows.set(row, i * row.length);
  return floats(rows, [count, ...tensor.dims.slice(1)], type);
}

function drawStates(timestampBegin: number, count: number): Feeds {
  const column = (value: number): Tensor => integers(new Array<number>(count).fill(value), [count, 1]);
  return {
    last_token: column(0),
    previous_token: column(0),
    last_timestamp: column(timestampBegin - 1),
    step: column(0),
    done: new Tensor('bool', new Uint8Array(count), [count, 1]),
  };
}
