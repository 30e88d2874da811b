import type { Segment, Word } from './recognition.types.js';
import type { WindowResult, WindowSegment } from './window.js';
import type { TimedWord } from './words/word-timing.js';

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
