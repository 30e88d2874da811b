import { AppError } from '@parlance/errors';
import type { DecodingOptions } from '../decoding-options.js';
import type { WhisperManifest } from '../manifest.schema.js';
import type { WhisperTokenizer } from '../text/tokenizer.js';
import type { WindowRequest } from '../window.js';

/** Tokens that say what is to be done: start, and for multilingual models the language and the task. */
export function startSequence(
  { tokens, multilingual }: WhisperManifest,
  language: string,
  task: WindowRequest['task'],
): number[] {
  if (!multilingual) return [tokens.sot];
  const spoken = Object.hasOwn(tokens.languages, language) ? tokens.languages[language] : undefined;
  if (spoken === undefined)
    throw new AppError(
      'model.language_unsupported',
      `This model does not know the language '${language.slice(0, 16)}'.`,
    );
  return [tokens.sot, spoken, tokens[task]];
}

export interface InitialRequest {
  readonly start: readonly number[];
  readonly prompt: readonly number[];
  readonly prefix: readonly number[];
  readonly decoding: Pick<DecodingOptions, 'hotwords' | 'sampleLen' | 'withoutTimestamps'>;
}

/**
 * What the decoder is given before it writes: hotwords and the text so far, the start sequence, the prefix. Too long a
 * prompt keeps its end, half the context less one; too long a prefix the end that leaves room for `sampleLen` (openai/whisper,
 * decoding.py, _get_initial_tokens). Hotwords stand first, cut at their own end, and only where there is no prefix
 * (faster-whisper, get_prompt); the text so far makes room for them.
 */
export function initialTokens(
  { tokens, dims }: WhisperManifest,
  tokenizer: WhisperTokenizer,
  { start, prompt, prefix, decoding }: InitialRequest,
): number[] {
  const half = Math.floor(dims.decoderContext / 2);
  const { hotwords, sampleLen, withoutTimestamps } = decoding;
  const expected =
    hotwords?.trim() && prefix.length === 0 ? tokenizer.encode(` ${hotwords.trim()}`).slice(0, half - 1) : [];
  const before = [...expected, ...lastOf(prompt, half - 1 - expected.length)];
  const head = [
    ...(before.length > 0 ? [tokens.sotPrev, ...before] : []),
    ...start,
    ...(withoutTimestamps ? [tokens.noTimestamps] : []),
  ];
  const longest = sampleLen < half ? half - sampleLen : prefix.length;
  return [...head, ...lastOf(prefix, Math.min(longest, dims.decoderContext - head.length))];
}

function lastOf(tokens: readonly number[], count: number): readonly number[] {
  return count > 0 ? tokens.slice(-count) : [];
}
