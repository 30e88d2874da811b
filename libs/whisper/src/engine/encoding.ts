import type { Job } from '@parlance/onnx/model';
import { FRAMES_PER_POSITION } from '../frames.js';
import type { LoudestRequest } from '../window.js';
import { crossAttentionOf, type CrossAttention } from './cross-attention.js';
import { logMel, loudestOf, normaliseMel, TAIL_FRAMES } from './log-mel.js';
import { floats, free } from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

export interface EncodeRequest extends LoudestRequest {
  /** Highest log-mel value of the recording; left out where the window is the whole of it. */
  readonly loudest?: number;
  /** Mel frames the encoder is given, even; what is more than `frames` is silence. */
  readonly encodeFrames: number;
}

export interface EncodedWindow {
  /** To be released. */
  readonly cross: CrossAttention;
  readonly loudest: number;
}

/**
 * The encoder always hears one window alone: its 8-bit form scales by the loudest value of a batch, so that a text would
 * depend on what is heard beside it.
 */
export async function encodeWindow(
  graphs: WhisperGraphs,
  job: Job,
  request: EncodeRequest,
): Promise<EncodedWindow> {
  const { frames, encodeFrames: width } = request;
  const mel = await logMel(graphs, job, { ...request, frames: frames + TAIL_FRAMES });
  const loudest = request.loudest ?? job.measure('mel', () => loudestOf(mel.data));
  const normalised = job.measure('mel', () => normaliseMel(mel, loudest, frames, width));
  free(mel.data);
  const feeds = { mel: floats(normalised, [1, mel.bands, width]) };
  const cross = crossAttentionOf(await graphs.run(job, 'encoder', feeds), width / FRAMES_PER_POSITION);
  free(normalised);
  return { cross, loudest };
}
