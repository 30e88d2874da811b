import type { Job } from '@parlance/onnx/model';
import { DEFAULT_DECODING } from '../decoding-options.js';
import { WINDOW_FRAMES } from '../frames.js';
import { alignText } from './align-text.js';
import { encodeWindow } from './encoding.js';
import { decodeWithFallback } from './fallback.js';
import { initialTokens, startSequence } from './initial-tokens.js';
import type { WhisperEngine } from './whisper-engine.js';

const LANGUAGE = 'en';
/** Tokens to write. */
const STEPS = 8;

/**
 * A second of silence, decoded behind the longest prompt and aligned with the longest text: what a window can need of memory is
 * taken once, and the pages of weights that its tokens stand in are read.
 */
export async function warmUp(engine: WhisperEngine, job: Job): Promise<void> {
  const { graphs } = engine;
  const { manifest, tokenizer } = graphs;
  const samples = new Float32Array(16_000);
  const { cross } = await encodeWindow(graphs, job, {
    samples,
    isStart: true,
    frames: 100,
    encodeFrames: WINDOW_FRAMES,
  });
  try {
    const start = startSequence(manifest, LANGUAGE, 'transcribe');
    const text = tokensThroughout(manifest.tokens.eot, Math.floor(manifest.dims.decoderContext / 2) - 1);
    const decoding = { ...DEFAULT_DECODING, temperatures: [0], sampleLen: STEPS };
    const initial = initialTokens(manifest, tokenizer, { start, prompt: text, prefix: [], decoding });
    await decodeWithFallback(engine, job, cross, { initial, decoding, seek: 0 });
    await alignText(graphs, job, cross, { start, text, frames: WINDOW_FRAMES, language: LANGUAGE });
  } finally {
    cross.release();
  }
}

/** `count` text tokens from all over the vocabulary. */
function tokensThroughout(vocabulary: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((i * vocabulary) / count));
}
