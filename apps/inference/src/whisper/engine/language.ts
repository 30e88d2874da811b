import type { Job } from '../../runtime/loaded-model.js';
import { WINDOW_FRAMES } from '../frames.js';
import type { DetectedLanguage, LanguageRequest } from '../window.js';
import type { CrossAttention } from './cross-attention.js';
import { encodeWindow } from './encoding.js';
import { prefill } from './fallback.js';
import { floatsOf, freeAll, softmaxAt } from './tensors.js';
import type { WhisperEngine } from './whisper-engine.js';
import type { WhisperGraphs } from './whisper-graphs.js';

/** The language of a recording by up to 30 s of it. */
export async function hearLanguage(
  engine: WhisperEngine,
  job: Job,
  request: LanguageRequest,
): Promise<DetectedLanguage> {
  const { cross } = await encodeWindow(engine.graphs, job, { ...request, encodeFrames: WINDOW_FRAMES });
  try {
    return await detectLanguage(engine.graphs, job, cross);
  } finally {
    cross.release();
  }
}

/** The likeliest of the language tokens behind the start token (openai/whisper, decoding.py, detect_language). */
export async function detectLanguage(
  graphs: WhisperGraphs,
  job: Job,
  cross: CrossAttention,
): Promise<DetectedLanguage> {
  const { tokens, multilingual } = graphs.manifest;
  if (!multilingual) return { language: 'en', languageProbability: 1 };
  const prefilled = await prefill(graphs, job, cross, [tokens.sot]);
  const logits = floatsOf(prefilled.sot_logits);
  const codes = Object.keys(tokens.languages);
  const scores = Float32Array.from(codes, (code) => logits[tokens.languages[code] as number] as number);
  freeAll(prefilled);
  const best = scores.indexOf(Math.max(...scores));
  return { language: codes[best] as string, languageProbability: softmaxAt(scores, best) };
}
