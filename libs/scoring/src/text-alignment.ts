import { alignPhones, framesBetween, type FrameScores, type PhoneSpan } from './viterbi.js';

/** A text aligned with a recording. */
export interface AlignedText {
  /** The phones of each word, in the pronunciation that was spoken. */
  readonly phones: readonly (readonly string[])[];
  /** One for each phone. */
  readonly spans: readonly PhoneSpan[];
}

/**
 * Aligns words that may have several pronunciations: “read” is /riːd/ or /red/, and both are right. The usual ones are aligned first; then
 * of each word's the likeliest over the frames between its neighbours is chosen, and all are aligned once more.
 * @param scores  log likelihoods of the recording
 * @param words  the pronunciations of each, the usual one first
 * @throws RangeError where there are fewer frames than phones
 */
export function alignVariants(
  scores: FrameScores,
  words: readonly (readonly (readonly string[])[])[],
): AlignedText {
  const usual = words.map(([first]) => first!);
  const { spans } = alignPhones(scores, usual);
  if (words.every(({ length }) => length === 1)) return { phones: usual, spans };
  const ends = wordEnds(usual);
  const chosen = words.map((variants, i) => {
    if (variants.length === 1) return variants[0]!;
    const from = spans[ends[i - 1]! - 1]?.end ?? 0;
    const to = spans[ends[i]!]?.start ?? scores.frames;
    return likeliest(framesBetween(scores, from, to), variants);
  });
  if (chosen.every((phones, i) => phones === usual[i]) || countOf(chosen) > scores.frames)
    return { phones: usual, spans };
  return { phones: chosen, spans: alignPhones(scores, chosen).spans };
}

function likeliest(scores: FrameScores, variants: readonly (readonly string[])[]): readonly string[] {
  const rated = variants
    .filter(({ length }) => length <= scores.frames)
    .map((phones) => ({ phones, score: alignPhones(scores, [phones]).score }));
  return rated.reduce((best, next) => (next.score > best.score ? next : best), rated[0]!).phones;
}

/** How many phones the text has up to the end of each word. */
function wordEnds(words: readonly (readonly string[])[]): number[] {
  let count = 0;
  return words.map(({ length }) => (count += length));
}

function countOf(words: readonly (readonly string[])[]): number {
  return words.reduce((sum, { length }) => sum + length, 0);
}
