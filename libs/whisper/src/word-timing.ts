import type { RecognizedWord } from './options.js';

/** How words are cut (openai/whisper, timing.py, merge_punctuations). */
export interface WordOptions {
  /** Marks that join the word after them. */
  readonly prependPunctuations: string;
  /** Marks that join the word before them. */
  readonly appendPunctuations: string;
}

export const DEFAULT_WORDS: WordOptions = {
  prependPunctuations: '"\'“¿([{-',
  appendPunctuations: '"\'.。,，!！?？:：”)]}、',
};

/**
 * Opening marks join the word after them, closing marks the word before (openai/whisper, timing.py, merge_punctuations).
 * Marks that were joined stay in the list as empty words, because tokens are counted along it.
 */
export function mergePunctuation(
  alignment: readonly AlignedWord[],
  { prependPunctuations, appendPunctuations }: WordOptions = DEFAULT_WORDS,
): AlignedWord[] {
  const words = alignment.map((word) => ({ ...word, tokens: [...word.tokens] }));
  for (let i = words.length - 2, j = words.length - 1; i >= 0; i--) {
    const mark = words[i] as AlignedWord;
    const following = words[j] as AlignedWord;
    if (mark.text.startsWith(' ') && prependPunctuations.includes(mark.text.trim())) {
      following.text = mark.text + following.text;
      following.tokens = [...mark.tokens, ...following.tokens];
      empty(mark);
    } else {
      j = i;
    }
  }
  for (let i = 0, j = 1; j < words.length; j++) {
    const previous = words[i] as AlignedWord;
    const mark = words[j] as AlignedWord;
    if (!previous.text.endsWith(' ') && appendPunctuations.includes(mark.text)) {
      previous.text += mark.text;
      previous.tokens.push(...mark.tokens);
      empty(mark);
    } else {
      i = j;
    }
  }
  return words;
}

function empty(word: AlignedWord): void {
  word.text = '';
  word.tokens = [];
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

/** The words after the prefix that decoding continued from; what continues its last word becomes a word of its own.
 *  @param words the whole window's, the prefix's among them; they may be parted otherwise than the prefix is */
export function wordsBehind(
  prefix: readonly RecognizedWord[],
  words: readonly TimedWord[],
): RecognizedWord[] {
  let tokensLeft = prefix.reduce((sum, word) => sum + word.tokens.length, 0);
  let textLeft = prefix.reduce((sum, word) => sum + word.text.length, 0);
  const behind: RecognizedWord[] = [];
  for (const { text, tokens, start, end, probability } of words) {
    if (tokensLeft < tokens.length)
      behind.push({
        text: tokensLeft > 0 ? text.slice(textLeft) : text,
        tokens: tokens.slice(tokensLeft),
        startMs: Math.round(start * 1000),
        endMs: Math.round(end * 1000),
        confidence: probability,
      });
    tokensLeft = Math.max(0, tokensLeft - tokens.length);
    textLeft = Math.max(0, textLeft - text.length);
  }
  return behind;
}
