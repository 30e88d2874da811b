import { AppError } from '@parlance/errors';
import type { Feeds, Job } from '@parlance/onnx/model';
import { encodeWindow, type CrossAttention } from './encoder.js';
import { ANY_LANGUAGE, likeliestLanguage, type DetectedLanguage, type LanguageChoice } from './language.js';
import type { DecodingOptions } from './options.js';
import type { WhisperEngine } from './sampling.js';
import { floatsOf, freeAll, integers } from './tensors.js';
import type { WhisperTokenizer } from './tokenizer.js';
import type { WhisperGraphs, WhisperManifest } from './whisper-graphs.js';
import { WINDOW_FRAMES, type LanguageRequest, type WindowRequest, type WindowResult } from './window.js';

/** The start sequence: the start token, and for multilingual models the language and the task. */
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
 * decoding.py, _get_initial_tokens). Hotwords are first, cut at their own end, and only where there is no prefix
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

/** One pass over the prompt: cache, logits of its last token and of the start token. */
export function prefill(
  graphs: WhisperGraphs,
  job: Job,
  cross: CrossAttention,
  initial: readonly number[],
): Promise<Feeds> {
  return graphs.run(job, 'prefill', {
    tokens: integers(initial, [1, initial.length]),
    sot_index: integers([initial.indexOf(graphs.manifest.tokens.sot)], [1]),
    ...cross.feeds,
  });
}

/** A window whose prompt has been read, in the language it is to be decoded in. */
export interface BegunText {
  readonly detected: Pick<WindowResult, 'language' | 'languageProbability'>;
  /** The start sequence: the task's tokens. */
  readonly start: readonly number[];
  /** Prompt, start sequence and prefix. */
  readonly initial: readonly number[];
  /** Outputs of the prefill; to be freed. */
  readonly prefilled: Feeds;
}

/** The language of a recording by up to 30 s of it. */
export async function identifyLanguage(
  engine: WhisperEngine,
  job: Job,
  request: LanguageRequest,
): Promise<DetectedLanguage> {
  const { cross } = await encodeWindow(engine.graphs, job, { ...request, encodeFrames: WINDOW_FRAMES });
  try {
    return await detectLanguage(engine.graphs, job, cross, request.choice);
  } finally {
    cross.release();
  }
}

/**
 * Reads a window's prompt. What the start token says of the language does not depend on the tokens behind it: where a guess
 * proves right the language costs no run of its own, and where it does not the prompt is read again in the right one.
 */
export async function beginText(
  { graphs }: WhisperEngine,
  job: Job,
  cross: CrossAttention,
  request: WindowRequest,
): Promise<BegunText> {
  const { manifest, tokenizer } = graphs;
  const beginIn = async (detected: BegunText['detected']): Promise<BegunText> => {
    const start = startSequence(manifest, detected.language, request.task);
    const initial = initialTokens(manifest, tokenizer, { ...request, start });
    return { detected, start, initial, prefilled: await prefill(graphs, job, cross, initial) };
  };
  if (request.language !== undefined) return beginIn({ language: request.language });
  const { choice, prompt, decoding } = request;
  // A text before the start token would speak for its own language.
  const isFirst = prompt.length === 0 && !decoding.hotwords;
  if (choice?.guess === undefined || !isFirst)
    return beginIn(await detectLanguage(graphs, job, cross, choice));
  const { guess } = choice;
  const begun = await beginIn({ language: guess });
  const detected = languageBehind(begun.prefilled, graphs, choice);
  if (detected.language === guess) return { ...begun, detected };
  freeAll(begun.prefilled);
  return beginIn(detected);
}

async function detectLanguage(
  graphs: WhisperGraphs,
  job: Job,
  cross: CrossAttention,
  choice?: LanguageChoice,
): Promise<DetectedLanguage> {
  const { tokens, multilingual } = graphs.manifest;
  if (!multilingual) return { language: 'en', languageProbability: 1 };
  const prefilled = await prefill(graphs, job, cross, [tokens.sot]);
  const detected = languageBehind(prefilled, graphs, choice);
  freeAll(prefilled);
  return detected;
}

function languageBehind(
  prefilled: Feeds,
  { manifest }: WhisperGraphs,
  choice: LanguageChoice = ANY_LANGUAGE,
): DetectedLanguage {
  return likeliestLanguage(floatsOf(prefilled.sot_logits), manifest.tokens.languages, choice);
}
