import type { Job } from '@parlance/onnx/model';
import type { CrossAttention } from './encoder.js';
import { floatsOf, freeAll, integers } from './tensors.js';
import type { TokenWord } from './tokenizer.js';
import type { WhisperGraphs } from './whisper-graphs.js';
import { FRAMES_PER_POSITION, SECONDS_PER_POSITION } from './window.js';
import type { AlignedWord } from './word-timing.js';

/** Fewest positions that the graph's running median needs. */
const MIN_POSITIONS = 4;

export interface AlignRequest {
  /** The start sequence that the text was decoded after. */
  readonly start: readonly number[];
  /** Text tokens alone. */
  readonly text: readonly number[];
  /** Mel frames that are recording. */
  readonly frames: number;
  readonly language: string;
}

/** Words of a decoded text with their times in the window: the text is read once more, and where its tokens look is followed. */
export async function alignText(
  graphs: WhisperGraphs,
  job: Job,
  cross: CrossAttention,
  { start, text, frames, language }: AlignRequest,
): Promise<AlignedWord[]> {
  if (text.length === 0) return [];
  const { noTimestamps, eot } = graphs.manifest.tokens;
  const tokens = [...start, noTimestamps, ...text, eot];
  const positions = Math.max(
    MIN_POSITIONS,
    Math.min(cross.positions, Math.floor(frames / FRAMES_PER_POSITION)),
  );
  const feeds = {
    tokens: integers(tokens, [1, tokens.length]),
    heard: integers([positions], [1]),
    ...cross.tensors,
  };
  const output = await graphs.run(job, 'align', feeds, ['cost', 'token_probs']);
  return job.measure('words', () => {
    // From the row that writes the first text token to the one that writes the end token.
    const cost = floatsOf(output.cost).subarray(start.length * positions, (tokens.length - 1) * positions);
    const probabilities = floatsOf(output.token_probs).subarray(start.length, start.length + text.length);
    const words = graphs.tokenizer.splitToWords([...text, eot], language);
    const aligned = alignWords(cost, positions, words, probabilities);
    freeAll(output);
    return aligned;
  });
}

/**
 * Word times from the cost matrix (openai/whisper, timing.py).
 * @param words the text's words, a last one for the end token
 * @param probabilities one for each text token
 */
export function alignWords(
  cost: Float32Array,
  positions: number,
  words: readonly TokenWord[],
  probabilities: Float32Array,
): AlignedWord[] {
  if (words.length <= 1) return [];
  const path = dynamicTimeWarping(cost, cost.length / positions, positions);
  /** When each token begins: the position at which the path first enters its row. */
  const begins: number[] = [];
  path.rows.forEach((row, step) => {
    if (step === 0 || row !== path.rows[step - 1])
      begins.push((path.columns[step] as number) * SECONDS_PER_POSITION);
  });
  let token = 0;
  return words.slice(0, -1).map((word) => {
    const next = token + word.tokens.length;
    const own = probabilities.subarray(token, next);
    const aligned = {
      text: word.text,
      tokens: [...word.tokens],
      start: begins[token] ?? 0,
      end: begins[next] ?? begins.at(-1) ?? 0,
      probability: own.reduce((sum, value) => sum + value, 0) / own.length,
    };
    token = next;
    return aligned;
  });
}

/** A monotonic path through a cost matrix, as row and column of every step. */
export interface WarpingPath {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

const DIAGONAL = 0;
const UP = 1;
const LEFT = 2;

/**
 * Dynamic time warping (openai/whisper, timing.py, dtw_cpu). Ties and single precision are resolved as there, since they
 * decide word times.
 * @param cost row-major [rows, columns]
 */
export function dynamicTimeWarping(
  cost: Float32Array | Float64Array,
  rows: number,
  columns: number,
): WarpingPath {
  const width = columns + 1;
  const steps = new Uint8Array((rows + 1) * width);
  let above = new Float32Array(width).fill(Infinity);
  let current = new Float32Array(width);
  above[0] = 0;
  for (let i = 1; i <= rows; i++) {
    current[0] = Infinity;
    for (let j = 1; j <= columns; j++) {
      const diagonal = above[j - 1] as number;
      const up = above[j] as number;
      const left = current[j - 1] as number;
      let best = left;
      let step = LEFT;
      if (diagonal < up && diagonal < left) {
        best = diagonal;
        step = DIAGONAL;
      } else if (up < diagonal && up < left) {
        best = up;
        step = UP;
      }
      current[j] = (cost[(i - 1) * columns + j - 1] as number) + best;
      steps[i * width + j] = step;
    }
    [above, current] = [current, above];
  }
  return backtrace(steps, rows, columns);
}

function backtrace(steps: Uint8Array, rows: number, columns: number): WarpingPath {
  const pathRows: number[] = [];
  const pathColumns: number[] = [];
  let i = rows;
  let j = columns;
  while (i > 0 || j > 0) {
    pathRows.push(i - 1);
    pathColumns.push(j - 1);
    const step = i === 0 ? LEFT : j === 0 ? UP : steps[i * (columns + 1) + j];
    if (step !== LEFT) i--;
    if (step !== UP) j--;
  }
  return { rows: Int32Array.from(pathRows.reverse()), columns: Int32Array.from(pathColumns.reverse()) };
}
