import type { Job } from '@parlance/onnx/model';
import { CONTEXT, HOP } from '../frames.js';
import type { LoudestRequest } from '../window.js';
import { floats, free } from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

/** Unnormalised log10 mel energies, [bands, frames]. */
export interface LogMel {
  readonly data: Float32Array;
  readonly bands: number;
  readonly frames: number;
}

/** Where the recording ends, this many frames beyond still hear its last samples; they count for the maximum. */
export const TAIL_FRAMES = 2;

/** To be freed. @param frames how many frames to compute; samples that are missing behind the end are silence */
export async function logMel(
  graphs: WhisperGraphs,
  job: Job,
  { samples, isStart, frames }: LoudestRequest,
): Promise<LogMel> {
  const signal = new Float32Array(2 * CONTEXT + HOP * (frames - 1));
  const lead = isStart ? CONTEXT : 0;
  const scale = samples instanceof Int16Array ? 1 / 32768 : 1;
  const count = Math.min(samples.length, signal.length - lead);
  for (let i = 0; i < count; i++) signal[lead + i] = (samples[i] as number) * scale;
  // The short-time transform reflects the signal at a recording's start.
  if (isStart) for (let i = 1; i <= CONTEXT; i++) signal[lead - i] = signal[lead + i] ?? 0;
  const { log_mel: output } = await graphs.run(job, 'mel', { samples: floats(signal, [1, signal.length]) });
  free(signal);
  return { data: output?.data as Float32Array, bands: graphs.manifest.dims.mels, frames };
}

/** Highest log-mel value of a stretch. */
export async function hearLoudest(graphs: WhisperGraphs, job: Job, request: LoudestRequest): Promise<number> {
  const { data } = await logMel(graphs, job, request);
  const loudest = loudestOf(data);
  free(data);
  return loudest;
}

export function loudestOf(data: Float32Array): number {
  let loudest = -10;
  for (let i = 0; i < data.length; i++) if ((data[i] as number) > loudest) loudest = data[i] as number;
  return loudest;
}

/**
 * What the encoder takes: clamped eight decades below the recording's loudest, scaled, zeros behind (openai/whisper,
 * audio.py, log_mel_spectrogram and pad_or_trim).
 * @param frames frames of `mel` to keep
 * @param width frames of the result
 */
export function normaliseMel(mel: LogMel, loudest: number, frames: number, width: number): Float32Array {
  const normalised = new Float32Array(mel.bands * width);
  const floor = loudest - 8;
  for (let band = 0; band < mel.bands; band++) {
    const from = band * mel.frames;
    const to = band * width;
    for (let t = 0; t < frames; t++)
      normalised[to + t] = (Math.max(mel.data[from + t] as number, floor) + 4) / 4;
  }
  return normalised;
}
