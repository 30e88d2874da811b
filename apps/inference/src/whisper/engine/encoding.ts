import type { Job } from '../../runtime/loaded-model.js';
import { FRAMES_PER_POSITION } from '../frames.js';
import type { CrossAttention } from './cross-attention.js';
import { normaliseMel, type LogMel } from './log-mel.js';
import { floats } from './tensors.js';
import type { WhisperEngine } from './whisper-engine.js';

export interface EncodeRequest {
  /** Highest log-mel value of the recording. */
  readonly loudest: number;
  /** Mel frames that are recording. */
  readonly frames: number;
  /** Mel frames the encoder is given, even; the rest is silence. */
  readonly width: number;
}

/**
 * The encoder always hears one window alone: its 8-bit form scales by the loudest value of a batch, so that a text would
 * depend on what is heard beside it. To be released.
 */
export async function encodeWindow(
  { graphs, crossPool }: WhisperEngine,
  job: Job,
  mel: LogMel,
  { loudest, frames, width }: EncodeRequest,
): Promise<CrossAttention> {
  const normalised = job.measure('mel', () => normaliseMel(mel, loudest, frames, width));
  const cross = crossPool.acquire(width / FRAMES_PER_POSITION);
  try {
    await graphs.run(job, 'encoder', { mel: floats(normalised, [1, mel.bands, width]) }, cross.tensors);
    return cross;
  } catch (error) {
    cross.release();
    throw error;
  }
}
