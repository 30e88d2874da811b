import { AppError } from '@parlance/errors';
import { CONTEXT, HOP, SAMPLE_RATE_HZ } from '../frames.js';
import type { Pcm } from '../recognition.types.js';

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
      const piece = (this.blocks[Math.floor(at / BLOCK)] as Int16Array).subarray(
        offset,
        Math.min(BLOCK, offset + to - at),
      );
      samples.set(piece, at - from);
      at += piece.length;
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
