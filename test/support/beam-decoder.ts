import type { Manifest } from '@parlance/model-compiler';
import { flags, floats, ints, numbers, type GraphRunner, type GraphTensor } from './graph-runner.js';

export interface BeamOptions {
  readonly precision: Manifest['precisions'][number];
  /** The same prompt for every recording. */
  readonly prompt: readonly number[];
  readonly sotIndex: number;
  readonly withTimestamps: boolean;
  readonly steps: number;
  /** Steps of one run of the beam graph; runs are chained. */
  readonly stepsPerRun: number;
  readonly suppressed: readonly number[];
  readonly beams: number;
  readonly patience: number;
}

interface Sequence {
  readonly tokens: readonly number[];
  readonly sum: number;
}

type Feeds = Record<string, GraphTensor>;
/** Scores below mean that there is none. */
const NONE = -1e29;

/** Drives prefill and beam as GRAPHS.md describes.
 *  @returns each recording's best sequence, without end-of-text */
export async function searchBeams(
  runner: GraphRunner,
  manifest: Manifest,
  cross: Feeds,
  options: BeamOptions,
): Promise<readonly Sequence[]> {
  const { beams: k, precision } = options;
  const { vocabulary } = manifest.dims;
  const [audios = 0, , frames = 0] = cross.cross_k_0!.dims;
  const {
    logits,
    sot_logits: _sot,
    ...cache
  } = await runner.run(`prefill.${precision}`, {
    tokens: ints(Array.from({ length: audios }, () => options.prompt).flat(), [
      audios,
      options.prompt.length,
    ]),
    sot_index: ints([options.sotIndex], [1]),
    ...cross,
    cross_frames: ints(new Array<number>(audios).fill(frames), [audios]),
  });
  const column = (value: number): GraphTensor =>
    ints(new Array<number>(audios * k).fill(value), [audios * k, 1]);
  const mask = (ids: readonly number[]): GraphTensor => {
    const values = new Float32Array(vocabulary);
    for (const id of ids) values[id] = -Infinity;
    return floats(values, [vocabulary]);
  };
  const scores = Float32Array.from({ length: audios * k }, (_, i) => (i % k === 0 ? 0 : -1e30));
  const maxFinished = Math.round(k * options.patience);
  const fixed = {
    logits: logits!,
    ...cross,
    suppress: mask(options.suppressed),
    blank_suppress: mask(manifest.blankTokens),
    with_timestamps: flags([options.withTimestamps], []),
    max_initial_timestamp: ints([50], []),
    max_finished: ints([maxFinished], []),
  };
  let state: Feeds = {
    ...cache,
    lineage: floats(new Float32Array(audios * k * options.prompt.length), [
      audios * k,
      options.prompt.length,
    ]),
    last_token: column(0),
    previous_token: column(0),
    last_timestamp: column(manifest.tokens.timestampBegin - 1),
    step: column(0),
    beam_scores: floats(scores, [audios, k]),
    finished: ints(new Array<number>(audios).fill(0), [audios, 1]),
  };
  const going = Array.from({ length: audios }, () => Array.from({ length: k }, (): readonly number[] => []));
  const finished: Sequence[][] = Array.from({ length: audios }, () => []);
  for (let left = options.steps; left > 0;) {
    const output = await runner.run(`beam.${precision}`, {
      ...fixed,
      ...state,
      max_steps: ints([Math.min(left, options.stepsPerRun)], []),
    });
    const steps = output.tokens!.dims[1]!;
    for (let audio = 0; audio < audios; audio++) {
      for (let step = 0; step < steps; step++) {
        const at = (name: string): number[] =>
          numbers(output[name]!).slice((audio * steps + step) * k, (audio * steps + step + 1) * k);
        const before = going[audio]!;
        const parents = at('finished_parents');
        const ended = at('finished_scores')
          .map((sum, i) => ({ sum, tokens: before[parents[i]!]! }))
          .filter(({ sum }) => sum > NONE);
        finished[audio]!.push(...ended.slice(0, maxFinished - finished[audio]!.length));
        const from = at('parents');
        going[audio] = at('tokens').map((token, i) => [...before[from[i]!]!, token]);
      }
    }
    state = Object.fromEntries(Object.keys(state).map((name) => [name, output[`next_${name}`]!]));
    left -= steps;
    if (numbers(output.next_finished!).every((count) => count >= maxFinished)) break;
  }
  const sums = numbers(state.beam_scores!);
  return finished.map((sequences, audio) => {
    const unfinished = going[audio]!.map((tokens, i) => ({ tokens, sum: sums[audio * k + i]! }));
    const missing = Math.max(0, k - sequences.length);
    const all = [...sequences, ...unfinished.sort((a, b) => b.sum - a.sum).slice(0, missing)];
    const rank = ({ tokens, sum }: Sequence): number => sum / tokens.length;
    return all.reduce((best, sequence) => (rank(sequence) > rank(best) ? sequence : best));
  });
}
