import type { HeardWord } from '../whisper/utterance.types.js';

/** A phrase said again so soon, or one of so many words, was not said again. */
const HURRIED_MS = 120;
const FEWEST_WORDS = 2;
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
  for (let count = Math.min(settled.length, words.length); count >= FEWEST_WORDS; count--) {
    const said = settled.slice(-count);
    const again = words.slice(0, count);
    if (!again.every((word, i) => lettersOf(word) === lettersOf(said[i]))) continue;
    const spentMs = (again.at(-1)?.endMs ?? 0) - (again[0]?.startMs ?? 0);
    if (count >= CERTAIN_WORDS || spentMs < HURRIED_MS * count) return words.slice(count);
  }
  return words;
}

function lettersOf(word: HeardWord | undefined): string {
  return (word?.text ?? '').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
