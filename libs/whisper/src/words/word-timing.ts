import type { AlignedWord } from '../engine/alignment.js';
import { mergePunctuation, type WordOptions } from './punctuation.js';

export interface TimedWord {
  text: string;
  /** Seconds from the start of the recording. */
  start: number;
  end: number;
  probability: number;
  /** Those that spell it, joined punctuation included. */
  tokens: readonly number[];
}

export interface SegmentTimes {
  start: number;
  end: number;
  /** How many of the window's text tokens are this segment's. */
  readonly textTokens: number;
}

export interface TimedSegment {
  readonly start: number;
  readonly end: number;
  readonly words: readonly TimedWord[];
}

const SENTENCE_ENDS = '.。!！?？';
const LONGEST_MEDIAN_SECONDS = 0.7;

/**
 * Deals a window's aligned words out to its segments and shortens the long ones that silence makes
 * (openai/whisper, timing.py, add_word_timestamps).
 * @param offset start of the window in the recording, seconds
 * @param lastSpeech where the speech before this window ended, seconds
 * @param marks punctuation that joins words
 */
export function timeSegments(
  segments: readonly SegmentTimes[],
  alignment: readonly AlignedWord[],
  offset: number,
  lastSpeech: number,
  marks?: WordOptions,
): TimedSegment[] {
  const durations = alignment.map((word) => word.end - word.start).filter((seconds) => seconds !== 0);
  const median = Math.min(LONGEST_MEDIAN_SECONDS, medianOf(durations));
  const words = mergePunctuation(
    durations.length > 0 ? shortenAtSentenceEnds(alignment, median * 2) : alignment,
    marks,
  );
  let next = 0;
  let spokenUntil = lastSpeech;
  return segments.map((segment) => {
    const own: TimedWord[] = [];
    for (let taken = 0; next < words.length && taken < segment.textTokens; next++) {
      const word = words[next] as AlignedWord;
      if (word.text)
        own.push({
          text: word.text,
          start: centiseconds(offset + word.start),
          end: centiseconds(offset + word.end),
          probability: word.probability,
          tokens: word.tokens,
        });
      taken += word.tokens.length;
    }
    const timed = fitToSegment(segment, own, median, spokenUntil);
    if (own.length > 0) spokenUntil = timed.end;
    return timed;
  });
}

function shortenAtSentenceEnds(alignment: readonly AlignedWord[], longest: number): AlignedWord[] {
  const words = alignment.map((word) => ({ ...word }));
  for (let i = 1; i < words.length; i++) {
    const word = words[i] as AlignedWord;
    if (word.end - word.start <= longest) continue;
    if (SENTENCE_ENDS.includes(word.text)) word.end = word.start + longest;
    else if (SENTENCE_ENDS.includes((words[i - 1] as AlignedWord).text)) word.start = word.end - longest;
  }
  return words;
}

/** Words after a pause and at the segment's ends: either they are shortened, or the segment follows them. */
function fitToSegment(
  segment: SegmentTimes,
  words: TimedWord[],
  median: number,
  spokenUntil: number,
): TimedSegment {
  let { start, end } = segment;
  const first = words[0];
  const last = words.at(-1);
  if (!first || !last) return { start, end, words };
  const longest = median * 2;
  const second = words[1];
  const afterPause = first.end - spokenUntil > median * 4;
  if (
    afterPause &&
    (first.end - first.start > longest || (second && second.end - first.start > longest * 2))
  ) {
    if (second && second.end - second.start > longest) {
      const boundary = Math.max(second.end / 2, second.end - longest);
      first.end = boundary;
      second.start = boundary;
    }
    first.start = Math.max(0, first.end - longest);
  }
  if (start < first.end && start - 0.5 > first.start)
    first.start = Math.max(0, Math.min(first.end - median, start));
  else start = first.start;
  if (end > last.start && end + 0.5 < last.end) last.end = Math.max(last.start + median, end);
  else end = last.end;
  return { start, end, words };
}

function medianOf(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function centiseconds(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
