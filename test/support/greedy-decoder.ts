import type { Manifest } from '@parlance/model-compiler';
import { flags, floats, ints, numbers, type GraphRunner, type GraphTensor } from './graph-runner.js';

export interface GreedyOptions {
  readonly precision: Manifest['precisions'][number];
  /** The same prompt for every row. */
  readonly prompt: readonly number[];
  readonly sotIndex: number;
  readonly withTimestamps: boolean;
  readonly steps: number;
  /** Steps of one run of the decode graph; runs are chained. */
  readonly stepsPerRun?: number;
  readonly suppressed: readonly number[];
  readonly temperature?: number;
  /** One for each row; 0 where absent. */
  readonly seeds?: readonly number[];
  /** How many of each row's frames are audio; all where absent. */
  readonly crossFrames?: readonly number[];
}

export interface GreedyResult {
  /** Each row's tokens up to its end-of-text, which is not included. */
  readonly tokens: readonly (readonly number[])[];
  readonly sumLogprobs: readonly number[];
  readonly noSpeechProbs: readonly number[];
}

export type Feeds = Record<string, GraphTensor>;

export function softmaxAt(logits: Float32Array, row: number, width: number, index: number): number {
  const values = logits.subarray(row * width, (row + 1) * width);
  const max = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return Math.exp(values[index]! - max) / values.reduce((sum, value) => sum + Math.exp(value - max), 0);
}

/** Drives prefill and decode as GRAPHS.md describes, for rows that share a prompt. */
export async function decodeGreedily(
  runner: GraphRunner,
  manifest: Manifest,
  cross: Feeds,
  options: GreedyOptions,
): Promise<GreedyResult> {
  const { tokens: special, dims } = manifest;
  const rows = cross.cross_k_0!.dims[0]!;
  const crossFrames = ints(options.crossFrames ?? new Array<number>(rows).fill(cross.cross_k_0!.dims[2]!), [
    rows,
  ]);
  const prompt = Array.from({ length: rows }, () => options.prompt).flat();
  const prefill = await runner.run(`prefill.${options.precision}`, {
    tokens: ints(prompt, [rows, options.prompt.length]),
    sot_index: ints([options.sotIndex], [1]),
    cross_frames: crossFrames,
    ...cross,
  });
  const {
    logits,
    sot_logits: sotLogits,
    ...cache
  } = prefill as { logits: GraphTensor; sot_logits: GraphTensor } & Feeds;
  const column = (value: number): GraphTensor => ints(new Array<number>(rows).fill(value), [rows, 1]);
  const mask = (ids: readonly number[]): GraphTensor => {
    const values = new Float32Array(dims.vocabulary);
    for (const id of ids) values[id] = -Infinity;
    return floats(values, [dims.vocabulary]);
  };
  const fixed = {
    logits,
    ...cross,
    suppress: mask(options.suppressed),
    blank_suppress: mask(manifest.blankTokens),
    with_timestamps: flags([options.withTimestamps], []),
    max_initial_timestamp: ints([50], []),
    cross_frames: crossFrames,
    self_start: ints(new Array<number>(rows).fill(0), [rows]),
    temperature: floats(new Float32Array(rows).fill(options.temperature ?? 0), [rows, 1]),
    seed: ints(options.seeds ?? new Array<number>(rows).fill(0), [rows, 1]),
  };
  let state: Feeds = {
    ...cache,
    last_token: column(0),
    previous_token: column(0),
    last_timestamp: column(special.timestampBegin - 1),
    step: column(0),
    done: flags(new Array<boolean>(rows).fill(false), [rows, 1]),
  };
  const chosen: number[][] = Array.from({ length: rows }, () => []);
  const sumLogprobs = new Array<number>(rows).fill(0);
  for (let left = options.steps; left > 0;) {
    const outputs = await runner.run(`decode.${options.precision}`, {
      ...fixed,
      ...state,
      max_steps: ints([Math.min(left, options.stepsPerRun ?? left)], []),
    });
    const count = outputs.tokens!.dims[1]!;
    const ids = numbers(outputs.tokens!);
    const logprobs = numbers(outputs.token_logprobs!);
    ids.forEach((id, i) => chosen[Math.floor(i / count)]!.push(id));
    logprobs.forEach((value, i) => (sumLogprobs[Math.floor(i / count)]! += value));
    state = Object.fromEntries(Object.keys(state).map((name) => [name, outputs[`next_${name}`]!]));
    left -= count;
    if (numbers(outputs.next_done!).every(Boolean)) break;
  }
  const untilEnd = (row: readonly number[]): readonly number[] =>
    row.includes(special.eot) ? row.slice(0, row.indexOf(special.eot)) : row;
  return {
    tokens: chosen.map(untilEnd),
    sumLogprobs,
    noSpeechProbs: chosen.map((_, row) =>
      softmaxAt(sotLogits.data as Float32Array, row, dims.vocabulary, special.noSpeech),
    ),
  };
}
