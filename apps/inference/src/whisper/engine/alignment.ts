import { SECONDS_PER_POSITION } from '../frames.js';
import type { TokenWord } from '../tokenizer.js';
import { dynamicTimeWarping } from './dtw.js';
import { medianFilter7 } from './median-filter.js';

/** Scaled cross-attention products of the alignment heads, before the softmax: [heads, tokens, positions]. */
export interface HeadAttention {
  readonly data: Float32Array;
  readonly heads: number;
  readonly tokens: number;
  readonly positions: number;
}

/** A word with its place in the window. */
export interface AlignedWord {
  text: string;
  tokens: number[];
  /** Seconds from the window's start. */
  start: number;
  end: number;
  /** Mean token probability. */
  probability: number;
}

/**
 * Cost of hearing each token at each position: softmax over the positions that are recording, normalised over tokens,
 * median-filtered, averaged over heads, negated (openai/whisper, timing.py, find_alignment).
 * @param first,end rows wanted: from the one that writes the first text token to the one that writes the end token
 * @param positions encoder positions that are recording, not padding
 */
export function alignmentCost(
  attention: HeadAttention,
  first: number,
  end: number,
  positions: number,
): Float32Array {
  const { heads, tokens } = attention;
  const cost = new Float32Array((end - first) * positions);
  for (let head = 0; head < heads; head++) {
    const weights = headWeights(attention, head, positions);
    normaliseOverTokens(weights, tokens, positions);
    for (let row = first; row < end; row++) {
      const smooth = medianFilter7(weights.subarray(row * positions, (row + 1) * positions));
      const base = (row - first) * positions;
      for (let p = 0; p < positions; p++)
        cost[base + p] = (cost[base + p] as number) - (smooth[p] as number) / heads;
    }
  }
  return cost;
}

function headWeights(
  { data, tokens, positions: stride }: HeadAttention,
  head: number,
  positions: number,
): Float32Array {
  const weights = new Float32Array(tokens * positions);
  for (let row = 0; row < tokens; row++) {
    const from = (head * tokens + row) * stride;
    const source = data.subarray(from, from + positions);
    let highest = -Infinity;
    for (const value of source) if (value > highest) highest = value;
    let sum = 0;
    const target = row * positions;
    for (let p = 0; p < positions; p++)
      sum += weights[target + p] = Math.exp((source[p] as number) - highest);
    for (let p = 0; p < positions; p++) weights[target + p] = (weights[target + p] as number) / sum;
  }
  return weights;
}

function normaliseOverTokens(weights: Float32Array, tokens: number, positions: number): void {
  for (let p = 0; p < positions; p++) {
    let mean = 0;
    for (let row = 0; row < tokens; row++) mean += weights[row * positions + p] as number;
    mean /= tokens;
    let variance = 0;
    for (let row = 0; row < tokens; row++) variance += ((weights[row * positions + p] as number) - mean) ** 2;
    const deviation = Math.sqrt(variance / tokens);
    for (let row = 0; row < tokens; row++)
      weights[row * positions + p] = ((weights[row * positions + p] as number) - mean) / deviation;
  }
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
