import { scoreSpeech } from '@parlance/analytics';
import type { RecognitionResult, SpeechMeasures__Output } from '@parlance/contracts';
import { type RecognizedWord, type Segment, textOf, type Utterance, type Word } from '@parlance/whisper';
import type { LanguageFinding } from './language-belief.js';
import type { InterimText } from './utterance-text.js';

/** The position of an utterance in its stream, milliseconds. */
export interface UtteranceSpan {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** @returns an utterance's text so far, as it goes to the client */
export function interimResult(
  span: UtteranceSpan,
  interim: InterimText,
  { language, languageProbability }: LanguageFinding,
): RecognitionResult {
  return {
    isFinal: false,
    ...interim,
    startMs: span.startMs,
    endMs: span.endMs,
    language,
    ...(languageProbability === undefined ? {} : { languageProbability }),
    utteranceId: span.id,
  };
}

/** @param utterance  with times of the stream
 *  @returns its result, one segment, as it goes to the client */
export function finalResult(
  span: UtteranceSpan,
  utterance: Utterance,
  measures: SpeechMeasures__Output,
  withWords: boolean,
): RecognitionResult {
  const words = wordsWithin(span, utterance.words);
  const text = textOf(utterance.words);
  const segment = {
    index: 0,
    startMs: words[0]?.startMs ?? span.startMs,
    endMs: words.at(-1)?.endMs ?? span.endMs,
    text,
    words: withWords ? words : [],
    averageLogProbability: utterance.averageLogProbability,
    noSpeechProbability: utterance.noSpeechProbability,
    compressionRatio: utterance.compressionRatio,
    temperature: utterance.temperature,
    tokens: utterance.words.flatMap((word) => word.tokens),
    seekMs: span.startMs,
  };
  return {
    isFinal: true,
    text,
    stability: 1,
    stableLength: text.length,
    startMs: span.startMs,
    endMs: span.endMs,
    words: segment.words,
    segments: text === '' ? [] : [segment],
    language: utterance.language,
    ...(utterance.languageProbability === undefined
      ? {}
      : { languageProbability: utterance.languageProbability }),
    utteranceId: span.id,
    measures,
    scores: scoreSpeech(measures),
  };
}

/** End of a final's last word, or of the utterance where it has none; milliseconds of the stream. */
export function lastWordEndMs({ segments, endMs = 0 }: RecognitionResult): number {
  return segments?.at(-1)?.endMs ?? endMs;
}

/** Committed words and those of the last decode were timed apart: none begins before the one before it ends. */
function wordsWithin({ startMs, endMs }: UtteranceSpan, decoded: readonly RecognizedWord[]): Word[] {
  let reached = startMs;
  return decoded.map(({ text, confidence, ...times }) => {
    const begin = Math.min(endMs, Math.max(reached, times.startMs));
    reached = Math.min(endMs, Math.max(begin, times.endMs));
    return { text: text.trim(), startMs: begin, endMs: reached, confidence };
  });
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
