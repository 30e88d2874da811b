import type { Job } from '../../runtime/loaded-model.js';
import type { WindowRequest, WindowResult } from '../window.js';
import type { CrossAttention } from './cross-attention.js';
import { encodeWindow } from './encoding.js';
import { decodeWithFallback } from './fallback.js';
import { initialTokens, startSequence } from './initial-tokens.js';
import { detectLanguage } from './language.js';
import { isSilent } from './text-checks.js';
import type { WhisperEngine } from './whisper-engine.js';
import { placeSegments } from './window-segments.js';

/** From samples to segments: mel, encoder, text, times. */
export async function decodeWindow(
  engine: WhisperEngine,
  job: Job,
  request: WindowRequest,
): Promise<WindowResult> {
  const { cross, loudest } = await encodeWindow(engine.graphs, job, request);
  try {
    return { loudest, seek: request.seek, ...(await decodeEncoded(engine, job, request, cross)) };
  } finally {
    cross.release();
  }
}

async function decodeEncoded(
  engine: WhisperEngine,
  job: Job,
  request: WindowRequest,
  cross: CrossAttention,
): Promise<Omit<WindowResult, 'loudest' | 'seek'>> {
  const { graphs } = engine;
  const { manifest, tokenizer } = graphs;
  const detected =
    request.language === undefined
      ? await detectLanguage(graphs, job, cross)
      : { language: request.language };
  const { language } = detected;
  const start = startSequence(manifest, language, request.task);
  const initial = initialTokens(manifest, tokenizer, { ...request, start });
  const decoded = await decodeWithFallback(engine, job, cross, { ...request, initial });
  const common = {
    ...detected,
    temperature: decoded.temperature,
    averageLogProbability: decoded.averageLogProbability,
    noSpeechProbability: decoded.noSpeechProbability,
    compressionRatio: decoded.compressionRatio,
  };
  if (isSilent(decoded, request.decoding, request.isInterim))
    return {
      ...common,
      segments: [],
      nextSeek: request.seek + request.frames,
      lastSpeech: request.lastSpeech,
      isSilent: true,
      endsWithSingleTimestamp: false,
    };
  const placed = await placeSegments(graphs, job, request, decoded, { cross, start, language });
  return { ...common, ...placed, isSilent: false };
}
