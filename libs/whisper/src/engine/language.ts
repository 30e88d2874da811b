import type { Feeds, Job } from '@parlance/onnx/model';
import { WINDOW_FRAMES } from '../frames.js';
import {
  ANY_LANGUAGE,
  likeliestLanguage,
  type DetectedLanguage,
  type LanguageChoice,
} from '../language-choice.js';
import type { LanguageRequest, WindowRequest, WindowResult } from '../window.js';
import type { CrossAttention } from './cross-attention.js';
import { encodeWindow } from './encoding.js';
import { prefill } from './fallback.js';
import { initialTokens, startSequence } from './initial-tokens.js';
import { floatsOf, freeAll } from './tensors.js';
import type { WhisperEngine } from './whisper-engine.js';
import type { WhisperGraphs } from './whisper-graphs.js';

/** A window whose prompt has been read, in the language it is to be decoded in. */
export interface BegunText {
  readonly detected: Pick<WindowResult, 'language' | 'languageProbability'>;
  /** Tokens that say what is to be done. */
  readonly start: readonly number[];
  /** Prompt, start sequence and prefix. */
  readonly initial: readonly number[];
  /** Outputs of the prefill; to be freed. */
  readonly prefilled: Feeds;
}

/** The language of a recording by up to 30 s of it. */
export async function hearLanguage(
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
