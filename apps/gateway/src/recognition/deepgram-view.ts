import { createHash } from 'node:crypto';
import type { DeepgramMetadata, DeepgramWord } from '@parlance/contracts';

/** What Whisper's models are to Deepgram's clients. */
const ARCHITECTURE = 'whisper';
/** Models have no versions here: a changed one has another name. */
const VERSION = 'latest';

/** A word with its times, as recognition gives it. */
export interface WordWithConfidence {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly confidence: number;
}

/** A model as Deepgram's answers name it. */
export function deepgramModel(name: string): {
  readonly model_uuid: string;
  readonly model_info: { readonly name: string; readonly version: string; readonly arch: string };
} {
  return { model_uuid: modelId(name), model_info: { name, version: VERSION, arch: ARCHITECTURE } };
}

/** What is known of a request beside what was recognised. */
export type DeepgramRequestInfo = Pick<DeepgramMetadata, 'request_id' | 'sha256' | 'created'>;

/** @param model  that recognised */
export function deepgramMetadata(
  request: DeepgramRequestInfo,
  model: string,
  audioMs: number,
): DeepgramMetadata {
  const { model_uuid: id, model_info: info } = deepgramModel(model);
  return {
    transaction_key: 'deprecated',
    ...request,
    duration: audioMs / 1000,
    channels: 1,
    models: [id],
    model_info: { [id]: info },
  };
}

/** Nothing where the client gave the language. */
export function detectedLanguage({
  language,
  languageProbability,
}: {
  readonly language: string;
  readonly languageProbability?: number | undefined;
}) {
  return languageProbability === undefined
    ? {}
    : { detected_language: language, language_confidence: languageProbability };
}

/** A UUID of a model's name, the same each time (RFC 9562, version 8). */
function modelId(name: string): string {
  const digits = createHash('sha256').update(name).digest('hex');
  const groups = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ];
  return groups.join('-');
}

/** Words as Deepgram gives them: bare and as they stand in the text. */
export function deepgramWords(words: readonly WordWithConfidence[]): DeepgramWord[] {
  return words.map(({ text, startMs, endMs, confidence }) => {
    const punctuated = text.trim();
    return {
      word: bareWord(punctuated),
      start: startMs / 1000,
      end: endMs / 1000,
      confidence,
      punctuated_word: punctuated,
    };
  });
}

/** Lower case, without the marks at its ends; marks alone stay. */
function bareWord(word: string): string {
  const lower = word.toLowerCase();
  return lower.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{M}\p{N}]+$/gu, '') || lower;
}

/** The words of a text whose times are not known: each gets its share of the time by its length.
 *  @param confidence  of each */
export function wordsByLength(
  text: string,
  span: { readonly startMs: number; readonly endMs: number },
  confidence: number,
): WordWithConfidence[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  const msPerLetter = (span.endMs - span.startMs) / Math.max(1, letters);
  let before = 0;
  return words.map((word) => {
    const startMs = Math.round(span.startMs + before * msPerLetter);
    before += word.length;
    return { text: word, startMs, endMs: Math.round(span.startMs + before * msPerLetter), confidence };
  });
}

/** Mean confidence of some words; undefined where there are none. */
export function meanConfidence(words: readonly Pick<WordWithConfidence, 'confidence'>[]): number | undefined {
  if (words.length === 0) return undefined;
  return words.reduce((sum, word) => sum + word.confidence, 0) / words.length;
}
