import { type RecognizedWord, repetitionIn } from '@parlance/whisper';

/** Nearer to the end of the audio nothing is committed: the word may be cut off, and what follows may change it. */
const EDGE_MS = 150;
/** So far from the end a word is committed that two interims agree on; nearer to it, one that both are sure of. */
const FAR_MS = 700;
/** How sure a single interim must be, so far from the end. Of 3,514 words 231 were wrong; 230 without the nearer one, and half of
 *  the first words stood .08 s later; 237 with .6 for it. */
const SURE = [
  { fromMs: 500, confidence: 0.75 },
  { fromMs: FAR_MS, confidence: 0.5 },
] as const;
/** How sure two interims must be nearer to the end. */
const AGREED_CONFIDENCE = 0.5;

/** The words of an interim after the committed ones. */
export interface OpenWords {
  /** Closing marks are words of their own. */
  readonly words: readonly RecognizedWord[];
  /** The text ended in a loop, of which one round is left. */
  readonly isLoop: boolean;
  /** End of the audio, from the same origin as the words' times. */
  readonly edgeMs: number;
}

/**
 * Returns how many of the open words of an interim are to be committed. A word is committed when two interims in a row agree
 * on it and on all before it (LocalAgreement-2, Macháček et al. 2023, "Turning Whisper into Real-Time Transcription System"),
 * or when the model is sure of it and had audio well beyond it to write it (after AlignAtt, Papi et al. 2023). Words that lead
 * to a loop, a phrase three times in a row, are believed only where another interim agrees. The last word always stays open,
 * and so does the loop. A mark is committed with the word behind it: what the speaker goes on with decides it, and a clause
 * that is closed too early makes the model begin another one.
 * @param committed  words before these, in the same window
 * @param previous  what the interim before had in this place
 */
export function countCommitted(
  committed: readonly RecognizedWord[],
  { words, isLoop, edgeMs }: OpenWords,
  previous: readonly RecognizedWord[],
): number {
  const looping = loopingFrom([...committed, ...words]) - committed.length;
  const isDoubtful = isLoop || looping < words.length;
  const open = Math.min(words.findLastIndex(isSpoken), looping);
  const others = previous.filter(isSpoken);
  let count = 0;
  for (const [at, word] of words.entries()) {
    if (at >= open) break;
    if (!isSpoken(word)) continue;
    const other = others.shift();
    const isBefore = (ms: number): boolean => word.endMs <= edgeMs - ms;
    const agreed = agreedConfidence(word, other);
    const isAgreed = agreed >= 0 && isBefore(FAR_MS);
    const isAgreedNear = agreed >= AGREED_CONFIDENCE && isBefore(EDGE_MS);
    const isSure = SURE.some(({ fromMs, confidence }) => isBefore(fromMs) && word.confidence >= confidence);
    if (!isAgreed && (isDoubtful || !(isAgreedNear || isSure))) break;
    count = at + 1;
  }
  return count;
}

/** Returns the part of a word that is spoken: its letters and digits, in lower case. Empty for a mark. */
export function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Whether a word has letters or digits. */
export function isSpoken(word: { readonly text: string }): boolean {
  return /[\p{L}\p{N}]/u.test(word.text);
}

/** Returns the lower confidence of a word that two interims share, ignoring marks and capitals; -1 where they differ. */
function agreedConfidence(word: RecognizedWord, other: RecognizedWord | undefined): number {
  const isSame = other !== undefined && lettersOf(other.text) === lettersOf(word.text);
  return isSame ? Math.min(word.confidence, other.confidence) : -1;
}

/** Returns the word at which a phrase begins that occurs three times in a row; the number of words where there is none. */
function loopingFrom(words: readonly RecognizedWord[]): number {
  const tokens = words.flatMap((word) => word.tokens);
  const start = repetitionIn(tokens)?.start ?? tokens.length;
  let passed = 0;
  const at = words.findIndex((word) => (passed += word.tokens.length) > start);
  return at === -1 ? words.length : at;
}
