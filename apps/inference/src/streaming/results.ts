import type { RecognitionResult, SpeechMeasures__Output } from '#libs/contracts';
import { scoreSpeech } from '../analytics/speech-scores.js';
import type { Segment, Utterance, Word } from '../whisper/recognition.types.js';
import type { InterimText } from './stable-hypothesis.js';

/** Where an utterance lies in its stream, milliseconds. */
export interface UtteranceSpan {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
}

export function interimResult(
  span: UtteranceSpan,
  interim: InterimText,
  language: string,
): RecognitionResult {
  return {
    isFinal: false,
    ...interim,
    startMs: span.startMs,
    endMs: span.endMs,
    language,
    utteranceId: span.id,
  };
}

/** An utterance's result, its times moved from the utterance's start to the stream's. */
export function finalResult(
  span: UtteranceSpan,
  utterance: Utterance,
  measures: SpeechMeasures__Output,
  withWords: boolean,
): RecognitionResult {
  const length = span.endMs - span.startMs;
  const move = (ms: number): number => span.startMs + Math.min(Math.max(0, ms), length);
  const moveWord = (word: Word): Word => ({ ...word, startMs: move(word.startMs), endMs: move(word.endMs) });
  const moveSegment = (segment: Segment): Segment => ({
    ...segment,
    startMs: move(segment.startMs),
    endMs: move(segment.endMs),
    seekMs: span.startMs + segment.seekMs,
    words: withWords ? segment.words.map(moveWord) : [],
  });
  return {
    isFinal: true,
    text: utterance.text,
    stability: 1,
    stableLength: utterance.text.length,
    startMs: span.startMs,
    endMs: span.endMs,
    words: withWords ? utterance.words.map(moveWord) : [],
    segments: utterance.segments.map(moveSegment),
    language: utterance.language,
    utteranceId: span.id,
    measures,
    scores: scoreSpeech(measures),
  };
}

/** A recording's segment as a final result. */
export function segmentResult(id: string, segment: Segment, language: string): RecognitionResult {
  const text = segment.text.trim();
  return {
    isFinal: true,
    text,
    stability: 1,
    stableLength: text.length,
    startMs: segment.startMs,
    endMs: segment.endMs,
    words: segment.words,
    segments: [segment],
    language,
    utteranceId: id,
  };
}
