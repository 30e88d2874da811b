import { AppError } from '@parlance/errors';
import type { Pcm, PcmSource } from './options.js';
import { CONTEXT, FRAMES_PER_SECOND, HOP, SAMPLE_RATE_HZ } from './window.js';

const BLOCK = 4 * SAMPLE_RATE_HZ;

/** A window cut out of a recording, with the samples that its outer mel frames reach. */
export interface Cut {
  readonly samples: Int16Array<ArrayBuffer>;
  readonly isStart: boolean;
}

/** A recording in memory as 16-bit samples (32 kB a second), in blocks so that it grows without being moved. */
export class PcmRecording {
  private readonly blocks: Int16Array[] = [];
  length = 0;

  constructor(private readonly maxSeconds: number) {}

  /** Mel frames of 10 ms. */
  get frames(): number {
    return Math.floor(this.length / HOP);
  }

  get milliseconds(): number {
    return Math.round((this.length * 1000) / SAMPLE_RATE_HZ);
  }

  /** @throws AppError audio.too_long */
  append(samples: Pcm): void {
    if (this.length + samples.length > this.maxSeconds * SAMPLE_RATE_HZ) {
      throw new AppError(
        'audio.too_long',
        `Recordings may last ${Math.floor(this.maxSeconds / 60)} minutes at most.`,
      );
    }
    for (let read = 0; read < samples.length;) {
      const block = this.blockAt(this.length);
      const at = this.length % BLOCK;
      const count = Math.min(BLOCK - at, samples.length - read);
      write(block, at, samples.subarray(read, read + count));
      read += count;
      this.length += count;
    }
  }

  /** @param seek,frames in mel frames; frames beyond the recording are left to the reader, as silence */
  cut(seek: number, frames: number): Cut {
    const from = Math.max(0, seek * HOP - CONTEXT);
    const to = Math.min(this.length, (seek + frames - 1) * HOP + CONTEXT);
    const samples = new Int16Array(Math.max(0, to - from));
    for (let at = from; at < to;) {
      const offset = at % BLOCK;
      const part = (this.blocks[Math.floor(at / BLOCK)] as Int16Array).subarray(
        offset,
        Math.min(BLOCK, offset + to - at),
      );
      samples.set(part, at - from);
      at += part.length;
    }
    return { samples, isStart: seek === 0 };
  }

  private blockAt(position: number): Int16Array {
    const index = Math.floor(position / BLOCK);
    return (this.blocks[index] ??= new Int16Array(BLOCK));
  }
}

function write(block: Int16Array, at: number, samples: Pcm): void {
  if (samples instanceof Int16Array) {
    block.set(samples, at);
    return;
  }
  for (let i = 0; i < samples.length; i++)
    block[at + i] = Math.max(-32768, Math.min(32767, Math.round((samples[i] as number) * 32768)));
}

/** A recording that arrives whole is processed in chunks of this many samples. */
const CHUNK_SAMPLES = 10 * SAMPLE_RATE_HZ;

export async function* pcmChunks(source: PcmSource): AsyncGenerator<Pcm> {
  if (source instanceof Int16Array || source instanceof Float32Array) {
    for (let at = 0; at < source.length; at += CHUNK_SAMPLES) yield source.subarray(at, at + CHUNK_SAMPLES);
  } else {
    yield* source;
  }
}

/** @returns samples in −1…1 */
export function toFloats(samples: Pcm): Float32Array {
  return samples instanceof Float32Array ? samples : Float32Array.from(samples, (value) => value / 32768);
}

/** A stretch of a recording, in mel frames; `to` is not part of it. */
export interface Clip {
  readonly from: number;
  readonly to: number;
}

/**
 * Stretches to transcribe (openai/whisper, transcribe.py, clip_timestamps).
 * @param times start, end, start, end, … in seconds; the last end may be left out: the recording's; none: all of it
 * @param frames mel frames of the recording
 */
export function clipsOf(times: readonly number[], frames: number): Clip[] {
  const points = times.map((seconds) => Math.min(frames, Math.round(seconds * FRAMES_PER_SECOND)));
  if (points.length === 0) points.push(0);
  if (points.length % 2 === 1) points.push(frames);
  const clips: Clip[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const [from = 0, to = frames] = points.slice(i, i + 2);
    if (from < to) clips.push({ from, to });
  }
  return clips;
}
