import type { Segment, Word } from './options.js';
import {
  FRAMES_PER_POSITION,
  FRAMES_PER_SECOND,
  SECONDS_PER_POSITION,
  type WindowResult,
  type WindowSegment,
} from './window.js';
import type { TimedWord } from './word-timing.js';

export interface TimedTokens {
  /** Seconds from the start of the recording. */
  readonly start: number;
  readonly end: number;
  /** Timestamp tokens included. */
  readonly tokens: readonly number[];
}

export interface WindowSplit {
  readonly segments: readonly TimedTokens[];
  /** Mel frame where the next window begins. */
  readonly nextSeek: number;
  /** The run ends with one timestamp alone: nothing was said after it. */
  readonly endsWithSingleTimestamp: boolean;
}

/**
 * Splits a decoded window at its timestamp pairs and says how far to advance (openai/whisper, transcribe.py; §3.8 of the
 * 2022 paper): to the last pair where the rest is unfinished, else past the window.
 * @param tokens decoded ids without prompt and end token
 * @param seek first mel frame of the window
 * @param frames mel frames of the window that are recording, not padding
 */
export function splitWindow(
  tokens: readonly number[],
  timestampBegin: number,
  seek: number,
  frames: number,
): WindowSplit {
  const offset = seek / FRAMES_PER_SECOND;
  const isTimestamp = (index: number): boolean => (tokens[index] ?? -1) >= timestampBegin;
  const position = (index: number): number => (tokens[index] ?? timestampBegin) - timestampBegin;
  const last = tokens.length - 1;
  const endsWithSingleTimestamp = last >= 1 && !isTimestamp(last - 1) && isTimestamp(last);

  const cuts = tokens
    .map((_, index) => index)
    .filter((index) => index > 0 && isTimestamp(index - 1) && isTimestamp(index));
  if (cuts.length > 0) {
    if (endsWithSingleTimestamp) cuts.push(tokens.length);
    const segments = cuts.map((cut, i) => {
      const begin = cuts[i - 1] ?? 0;
      return {
        start: offset + position(begin) * SECONDS_PER_POSITION,
        end: offset + position(cut - 1) * SECONDS_PER_POSITION,
        tokens: tokens.slice(begin, cut),
      };
    });
    const advance = endsWithSingleTimestamp ? frames : position((cuts.at(-1) ?? 0) - 1) * FRAMES_PER_POSITION;
    return { segments, nextSeek: seek + advance, endsWithSingleTimestamp };
  }

  const lastTimestamp = tokens.findLast((token) => token >= timestampBegin);
  const seconds =
    lastTimestamp === undefined || lastTimestamp === timestampBegin
      ? frames / FRAMES_PER_SECOND
      : (lastTimestamp - timestampBegin) * SECONDS_PER_POSITION;
  return {
    segments: [{ start: offset, end: offset + seconds, tokens }],
    nextSeek: seek + frames,
    endsWithSingleTimestamp,
  };
}

/** Segments that say something and last: what openai-whisper keeps of a window's. */
export function withText(segments: readonly WindowSegment[]): WindowSegment[] {
  return segments.filter(({ start, end, text }) => start !== end && text.trim() !== '');
}

/** A window's segments as clients see them. */
export function toSegments(window: WindowResult, firstIndex: number): Segment[] {
  return withText(window.segments).map((segment, i) => ({
    index: firstIndex + i,
    startMs: milliseconds(segment.start),
    endMs: milliseconds(segment.end),
    text: segment.text,
    words: segment.words.map(toWord),
    averageLogProbability: window.averageLogProbability,
    noSpeechProbability: window.noSpeechProbability,
    compressionRatio: window.compressionRatio,
    temperature: window.temperature,
    tokens: [...segment.tokens],
    tokenProbabilities: (segment.tokenProbabilities ?? []).map(({ bytes, logProbability }) => ({
      // A worker's buffers arrive as plain bytes.
      text: Buffer.from(bytes),
      logProbability,
    })),
    seekMs: window.seek * 10,
  }));
}

function toWord({ text, start, end, probability }: TimedWord): Word {
  return {
    text: text.trim(),
    startMs: milliseconds(start),
    endMs: milliseconds(end),
    confidence: probability,
  };
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}
