import { columnMeans, meanOf } from './groups.js';
import { phoneIndex, PHONES, SILENCE } from './phone-set.js';
import type { FrameScores, PhoneSpan } from './viterbi.js';

const FLOOR = -12;
/** Seconds of an encoder's frame. */
export const FRAME_SECONDS = 0.02;
const NEIGHBOURS = [-2, -1, 1, 2];
/** Longer silences tell no more, seconds. */
const LONGEST_GAP = 1;

/** Places in PhoneEvidence.goodness. */
export const GOODNESS = { logPosterior: 0, margin: 1, worst: 2, shareBest: 3, logSeconds: 4 } as const;
const GOODNESS_WIDTH = 5;

/** What tells how well one phone of a known text was spoken. */
export interface PhoneEvidence {
  readonly phone: number;
  readonly span: PhoneSpan;
  /**
   * [log posterior, margin, worst, share best, log seconds]. Goodness of pronunciation as in Witt and Young, "Phone-level pronunciation
   * scoring and assessment for interactive language learning" (Speech Communication, 2000): log posterior of the phone that should be
   * there, and its distance to the likeliest other one.
   */
  readonly goodness: readonly number[];
  /** Mean log posteriors of all classes over the phone's frames (Hu et al., 2015). */
  readonly posteriors: readonly number[];
  /** The phone and its neighbours as indicators, their goodness, silences, position in the word. */
  readonly context: readonly number[];
}

/** @param logPosteriors  natural logarithms
 *  @param spans  one for each phone of the words
 *  @returns one entry for each phone */
export function phoneEvidence(
  logPosteriors: FrameScores,
  spans: readonly PhoneSpan[],
  words: readonly (readonly string[])[],
): PhoneEvidence[] {
  const phones = words.flat().map((symbol) => phoneIndex(symbol)!);
  const measured = phones.map((phone, i) => {
    const rows = rowsOf(logPosteriors, spans[i]!);
    const posteriors = columnMeans(rows);
    return { posteriors, goodness: goodnessOf(rows, posteriors, phone) };
  });
  const goodness = measured.map((each) => each.goodness);
  const contexts = contextsOf(phones, goodness, spans, words);
  return phones.map((phone, i) => ({
    phone,
    span: spans[i]!,
    ...measured[i]!,
    context: contexts[i]!,
  }));
}

/** The likeliest phone other than the expected one.
 *  @returns its class, and its probability among all phones over the same frames (geometric mean of the frames' posteriors) */
export function likeliestOther({ phone, posteriors }: Pick<PhoneEvidence, 'phone' | 'posteriors'>): {
  readonly phone: number;
  readonly probability: number;
} {
  const spoken = posteriors.slice(0, SILENCE);
  const total = spoken.reduce((sum, value) => sum + Math.exp(value), 0);
  const others = spoken.map((value, i) => (i === phone ? -Infinity : value));
  const best = others.indexOf(Math.max(...others));
  return { phone: best, probability: Math.exp(spoken[best]!) / total };
}

function rowsOf({ data, classes }: FrameScores, { start, end }: PhoneSpan): Float32Array[] {
  return Array.from({ length: end - start }, (_, i) =>
    data.slice((start + i) * classes, (start + i + 1) * classes).map((value) => Math.max(value, FLOOR)),
  );
}

function goodnessOf(rows: readonly Float32Array[], means: readonly number[], phone: number): number[] {
  const others = means.filter((_, i) => i !== phone && i < SILENCE);
  return [
    means[phone]!,
    means[phone]! - Math.max(...others),
    Math.min(...rows.map((row) => row[phone]!)),
    rows.filter((row) => row.indexOf(Math.max(...row)) === phone).length / rows.length,
    Math.log(rows.length * FRAME_SECONDS),
  ];
}

function contextsOf(
  phones: readonly number[],
  goodness: readonly (readonly number[])[],
  spans: readonly PhoneSpan[],
  words: readonly (readonly string[])[],
): number[][] {
  const positions = words.flatMap((word) => word.map((_, i) => ({ at: i, length: word.length })));
  const seconds = goodness.map((each) => Math.exp(each[GOODNESS.logSeconds]!));
  const meanSeconds = meanOf(seconds);
  const gapBehind = (i: number): number => {
    const [span, next] = [spans[i], spans[i + 1]];
    return span && next ? Math.min(LONGEST_GAP, (next.start - span.end) * FRAME_SECONDS) : 0;
  };
  return phones.map((phone, i) => {
    const { at, length } = positions[i]!;
    return [
      ...indicator(phone),
      at === 0 ? 1 : 0,
      at === length - 1 ? 1 : 0,
      at / length,
      Math.log(length),
      Math.log(seconds[i]! / meanSeconds),
      gapBehind(i - 1),
      gapBehind(i),
      ...NEIGHBOURS.flatMap((offset) => [
        ...(goodness[i + offset] ?? new Array<number>(GOODNESS_WIDTH).fill(0)),
        ...(Math.abs(offset) === 1 ? indicator(phones[i + offset]) : []),
      ]),
    ];
  });
}

/** One of all phones, the last of all for none. */
function indicator(phone: number = PHONES.length): number[] {
  return Array.from({ length: PHONES.length + 1 }, (_, i) => (i === phone ? 1 : 0));
}
