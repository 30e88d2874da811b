import { cutRepetition } from '../whisper/repetition.js';
import type { HeardWord } from '../whisper/utterance.types.js';

/** Nearer to the end of what was heard nothing is settled: the word may be cut off, and what follows may change it. */
const EDGE_MS = 150;
/** A word heard once is settled when it is as sure as this and so far from the end. */
const SURE_CONFIDENCE = 0.6;
const SURE_EDGE_MS = 400;

/**
 * How many of the words of a hypothesis are settled. A word is settled when two hypotheses in a row agree on it and on all
 * before it (LocalAgreement-2, Macháček et al. 2023, "Turning Whisper into Real-Time Transcription System"), or when the
 * model is sure of it and looked well before the end of the audio to write it (after AlignAtt, Papi et al. 2023).
 * The last word stays open in any case, and so does everything where a phrase comes three times in a row.
 * @param settled  words before these, in the same window
 * @param previous  what the hypothesis before had in this place
 * @param edgeMs  end of the audio, from the same origin as the words' times
 */
export function countSettled(
  settled: readonly HeardWord[],
  words: readonly HeardWord[],
  previous: readonly HeardWord[],
  edgeMs: number,
): number {
  if (isLooping([...settled, ...words])) return 0;
  let count = 0;
  for (; count < words.length - 1; count++) {
    const word = words[count] as HeardWord;
    const agrees = isSame(word, previous[count]) && word.endMs <= edgeMs - EDGE_MS;
    const isSure = word.confidence >= SURE_CONFIDENCE && word.endMs <= edgeMs - SURE_EDGE_MS;
    if (!agrees && !isSure) break;
  }
  return count;
}

function isSame(word: HeardWord, other: HeardWord | undefined): boolean {
  return other?.text === word.text && other.tokens.join() === word.tokens.join();
}

function isLooping(words: readonly HeardWord[]): boolean {
  const tokens = words.flatMap((word) => word.tokens);
  return cutRepetition(tokens).length < tokens.length;
}
