import { cutRepetition } from '../whisper/text/repetition.js';
import type { HeardWord } from '../whisper/utterance.types.js';

/** Nearer to the end of what was heard nothing is settled: the word may be cut off, and what follows may change it. */
const EDGE_MS = 150;
/** Two hypotheses that agree are believed where both are as sure of the word as this, or it lies so far from the end. */
const AGREED_CONFIDENCE = 0.5;
const AGREED_EDGE_MS = 700;
/** A word heard once is settled when it is as sure as this and so far from the end. */
const SURE_CONFIDENCE = 0.6;
const SURE_EDGE_MS = 400;

/** A hypothesis of what follows the settled words. */
export interface OpenWords {
  readonly words: readonly HeardWord[];
  /** It ended in a loop, of which one round is left. */
  readonly isLoop: boolean;
  /** End of the audio, from the same origin as the words' times. */
  readonly edgeMs: number;
}

/**
 * How many of the words of a hypothesis are settled. A word is settled when two hypotheses in a row agree on it and on all
 * before it (LocalAgreement-2, Macháček et al. 2023, "Turning Whisper into Real-Time Transcription System"), or when the
 * model is sure of it and looked well before the end of the audio to write it (after AlignAtt, Papi et al. 2023). What leads
 * to a loop is believed only where another hypothesis agrees. The last word stays open in any case, and so does
 * everything where a phrase comes three times in a row.
 * @param settled  words before these, in the same window
 * @param previous  what the hypothesis before had in this place
 */
export function countSettled(
  settled: readonly HeardWord[],
  { words, isLoop, edgeMs }: OpenWords,
  previous: readonly HeardWord[],
): number {
  if (isLooping([...settled, ...words])) return 0;
  let count = 0;
  for (; count < words.length - 1; count++) {
    const word = words[count] as HeardWord;
    const isBefore = (ms: number): boolean => word.endMs <= edgeMs - ms;
    const isSure = !isLoop && word.confidence >= SURE_CONFIDENCE && isBefore(SURE_EDGE_MS);
    if (isSure) continue;
    const confidence = agreedConfidence(word, previous[count]);
    const isAgreed = confidence >= AGREED_CONFIDENCE || (confidence >= 0 && isBefore(AGREED_EDGE_MS));
    if (!isAgreed || !isBefore(isLoop ? SURE_EDGE_MS : EDGE_MS)) break;
  }
  return count;
}

/** How sure the less sure of two hypotheses is of a word that both have, marks and capitals aside; -1 where they differ. */
function agreedConfidence(word: HeardWord, other: HeardWord | undefined): number {
  const isSame = other !== undefined && lettersOf(other.text) === lettersOf(word.text);
  return isSame ? Math.min(word.confidence, other.confidence) : -1;
}

function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function isLooping(words: readonly HeardWord[]): boolean {
  const tokens = words.flatMap((word) => word.tokens);
  return cutRepetition(tokens).length < tokens.length;
}
