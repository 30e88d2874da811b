import { deflateSync } from 'node:zlib';
import type { DecodingOptions } from './options.js';

/** How repetitive a text is: UTF-8 bytes over zlib-compressed bytes (openai/whisper, utils.py). */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length / deflateSync(bytes).length;
}

/** Longest phrase, in tokens, that is looked for. */
const LONGEST_PHRASE = 40;

/** The first phrase that occurs three times in a row. */
export interface Repetition {
  /** Where the phrase begins, tokens. */
  readonly start: number;
  /** How long it is, tokens. */
  readonly length: number;
}

/** Finds the first phrase that occurs three times in a row: a decoder that has lost the speech repeats itself. */
export function repetitionIn(tokens: readonly number[]): Repetition | undefined {
  for (let start = 0; start < tokens.length; start++) {
    for (let length = 1; length <= LONGEST_PHRASE && start + 3 * length <= tokens.length; length++) {
      if (repeats(tokens, start, length)) return { start, length };
    }
  }
  return undefined;
}

/** Ends a text at the first phrase that occurs three times in a row, and keeps one of them. */
export function cutRepetition(tokens: readonly number[]): readonly number[] {
  const loop = repetitionIn(tokens);
  return loop ? tokens.slice(0, loop.start + loop.length) : tokens;
}

function repeats(tokens: readonly number[], at: number, length: number): boolean {
  for (let i = 0; i < 2 * length; i++) if (tokens[at + i] !== tokens[at + length + i]) return false;
  return true;
}

/** What a decoded text is judged by. */
export interface Judged {
  readonly averageLogProbability: number;
  readonly noSpeechProbability: number;
  readonly compressionRatio: number;
}

/**
 * No voice, and no confidence in what was written: nothing was said (openai/whisper, transcribe.py). For interims, encoded
 * short, either is enough: there noise is written down with 0.98, and digital silence counts as voice.
 */
export function isSilent(
  { noSpeechProbability, averageLogProbability }: Judged,
  { noSpeechThreshold, logprobThreshold }: DecodingOptions,
  isInterim: boolean,
): boolean {
  if (noSpeechThreshold === undefined) return false;
  const isVoiceless = noSpeechProbability > noSpeechThreshold;
  const isUnsure = logprobThreshold === undefined || averageLogProbability <= logprobThreshold;
  return isInterim ? isVoiceless || isUnsure : isVoiceless && isUnsure;
}

/** Whether a text repeats itself more than the options allow. */
export function isLoop(
  ratio: number,
  { compressionRatioThreshold }: Pick<DecodingOptions, 'compressionRatioThreshold'>,
): boolean {
  return compressionRatioThreshold !== undefined && ratio > compressionRatioThreshold;
}

/** Whether a text is acceptable, or the next temperature is tried (openai/whisper, transcribe.py, decode_with_fallback). */
export function isGoodEnough(judged: Judged, options: DecodingOptions): boolean {
  const { noSpeechThreshold, logprobThreshold } = options;
  const isUnsure = logprobThreshold !== undefined && judged.averageLogProbability < logprobThreshold;
  const isVoiceless = noSpeechThreshold !== undefined && judged.noSpeechProbability > noSpeechThreshold;
  if (isVoiceless && isUnsure) return true;
  return !isLoop(judged.compressionRatio, options) && !isUnsure;
}

/**
 * Of texts that all failed, the likeliest that is no loop (faster-whisper, transcribe.py, generate_with_fallback); of loops the
 * last, the only one decoded to its end.
 * @param failed in the order of their temperatures, at least one
 */
export function leastBad<Text extends Judged>(failed: readonly Text[], options: DecodingOptions): Text {
  const texts = failed.filter(({ compressionRatio }) => !isLoop(compressionRatio, options));
  const ranked = texts.toSorted((a, b) => b.averageLogProbability - a.averageLogProbability);
  return (ranked[0] ?? failed.at(-1)) as Text;
}
