import type { Job } from '@parlance/onnx/model';
import type { WindowRequest, WindowResult } from '../window.js';
import type { CrossAttention } from './cross-attention.js';
import { encodeWindow } from './encoding.js';
import { decodePrefilled } from './fallback.js';
import { beginText } from './language.js';
import { freeAll } from './tensors.js';
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
  const { detected, start, initial, prefilled } = await beginText(engine, job, cross, request);
  const decoded = await decodePrefilled(engine, job, { ...request, cross, prefilled, initial }).finally(() =>
    freeAll(prefilled),
  );
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
  const placed = await placeSegments(graphs, job, request, decoded, {
    cross,
    start,
    language: detected.language,
  });
  return { ...common, ...placed, isSilent: false };
}
