import type { HeardWord } from '@parlance/whisper';
import { isSpoken, lettersOf } from './letters.js';

/** A phrase said again in so little time for each word, or one of so many words, was not said again. */
const HURRIED_MS = 120;
const CERTAIN_WORDS = 3;

/**
 * Whisper that has nothing left to write may write the last phrase once more. Takes such an echo off.
 * @param settled  words before
 * @param words  what was heard behind them
 */
export function withoutEcho(
  settled: readonly HeardWord[],
  words: readonly HeardWord[],
): readonly HeardWord[] {
  const before = settled.filter(isSpoken);
  const spoken = words.filter(isSpoken);
  for (let count = Math.min(before.length, spoken.length); count > 0; count--) {
    const said = before.slice(-count);
    const again = spoken.slice(0, count);
    if (!again.every((word, i) => lettersOf(word.text) === lettersOf(said[i]?.text ?? ''))) continue;
    if (count >= CERTAIN_WORDS || isHurried(said, again))
      return words.slice(words.indexOf(again.at(-1) as HeardWord) + 1);
  }
  return words;
}

/** A word alone may well be said twice, but not the second time in half the time: that is the end of the first. */
function isHurried(said: readonly HeardWord[], again: readonly HeardWord[]): boolean {
  if (again.length > 1) return lengthOf(again) < HURRIED_MS * again.length;
  return lengthOf(again) * 2 <= lengthOf(said);
}

/** Milliseconds. */
function lengthOf(words: readonly HeardWord[]): number {
  return (words.at(-1)?.endMs ?? 0) - (words[0]?.startMs ?? 0);
}
