import type { Feeds, Job } from '@parlance/onnx/model';
import { floats, free, freeAll, integers } from './tensors.js';
import type { WhisperGraphs, WhisperManifest } from './whisper-graphs.js';
import { CONTEXT, FRAMES_PER_POSITION, HOP, TAIL_FRAMES, type LoudestRequest } from './window.js';

/** Unnormalised log10 mel energies, [bands, frames]. */
export interface LogMel {
  readonly data: Float32Array;
  readonly bands: number;
  readonly frames: number;
}

/** To be freed. @param frames how many frames to compute; samples that are missing after the end are silence */
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
export async function measureLoudest(
  graphs: WhisperGraphs,
  job: Job,
  request: LoudestRequest,
): Promise<number> {
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
 * What the encoder takes: clamped eight decades below the recording's loudest, scaled, zeros after it (openai/whisper,
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

type Dims = WhisperManifest['dims'];

/** What the decoder attends to of one window: keys and values of every layer, [1, heads, positions, width]. */
export interface CrossAttention {
  /** `cross_k_l` and `cross_v_l`: 18 MB for 30 s of the tiny shape. */
  readonly tensors: Feeds;
  /** The same with `cross_frames`, as a graph takes them for this window alone. */
  readonly feeds: Feeds;
  /** Encoder positions, 20 ms each. */
  readonly positions: number;
  /** To be called however the window ended; its tensors are empty then. */
  release(): void;
}

/** @param tensors outputs of the encoder, which the result owns */
export function crossAttentionOf(tensors: Feeds, positions: number): CrossAttention {
  return {
    tensors,
    feeds: { ...tensors, cross_frames: integers([positions], [1]) },
    positions,
    release: () => freeAll(tensors),
  };
}

export function crossNames({ decoderLayers }: Pick<Dims, 'decoderLayers'>): string[] {
  return Array.from({ length: decoderLayers }, (_, l) => [`cross_k_${l}`, `cross_v_${l}`]).flat();
}

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
 * The encoder always runs on one window alone: its 8-bit form scales by the loudest value of a batch, so that a text would
 * depend on the other windows of the batch.
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
