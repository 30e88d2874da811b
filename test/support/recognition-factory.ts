import type { RecognitionResult__Output } from '@parlance/contracts';
import { aTurn } from './turn-factory.js';

/** A result of live recognition; a final unless the parts say otherwise. */
export function aResult(parts: Partial<RecognitionResult__Output> = {}): RecognitionResult__Output {
  const { text = ' I goed home.' } = parts;
  const words = text
    .trim()
    .split(' ')
    .map((word, index) => ({
      text: ` ${word}`,
      startMs: index * 300,
      endMs: index * 300 + 250,
      confidence: 0.9,
    }));
  const { measures, scores } = aTurn();
  return {
    isFinal: true,
    stability: 1,
    text,
    stableLength: text.length,
    startMs: 0,
    endMs: 900,
    words,
    segments: [],
    language: 'en',
    utteranceId: 'u1',
    measures: { ...measures!, wordCount: words.length },
    scores: scores ?? null,
    ...parts,
  };
}
