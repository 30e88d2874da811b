import { SECONDS_PER_POSITION } from '../frames.js';
import type { TokenWord } from '../text/tokenizer.js';
import { dynamicTimeWarping } from './dtw.js';

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
