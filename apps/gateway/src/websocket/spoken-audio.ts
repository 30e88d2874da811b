import { AudioDecoder, floatToInt16, RingBuffer, SPEECH_RATE_HZ, type AudioInput } from '#libs/audio';
import type { ListenQuery } from '#libs/contracts';

const SAMPLES_PER_MS = SPEECH_RATE_HZ / 1000;
const INITIAL_SECONDS = 2;
/** Kept at most: the longest utterance and those whose finals are still to come. */
const MAX_KEPT_MS = 150_000;

const ENCODINGS = { linear16: 's16le', float32: 'f32le', wav: 'wav', opus: 'opus' } as const;

/** A conversation's audio: brought to 16 kHz mono, and kept until the utterance it belongs to has become a turn. */
export class SpokenAudio {
  private readonly kept = new RingBuffer(INITIAL_SECONDS * SPEECH_RATE_HZ);

  private constructor(private readonly decoder: AudioDecoder) {}

  /** @throws AppError audio.unsupported_format */
  static async open(query: ListenQuery): Promise<SpokenAudio> {
    const input: AudioInput = {
      encoding: ENCODINGS[query.encoding],
      sampleRateHz: query.sample_rate,
      channels: query.channels,
    };
    return new SpokenAudio(await AudioDecoder.open(input));
  }

  /** @returns s16le. @throws AppError audio.corrupt, audio.unsupported_format */
  push(bytes: Buffer): Buffer {
    return this.keep(this.decoder.push(bytes));
  }

  /** The last samples. */
  end(): Buffer {
    return this.keep(this.decoder.end());
  }

  /** s16le of [startMs, endMs) of the stream; what lies before it is released. */
  take(startMs: number, endMs: number): Buffer {
    const [from, to] = [Math.round(startMs * SAMPLES_PER_MS), Math.round(endMs * SAMPLES_PER_MS)];
    const samples = this.kept.slice(from, to);
    this.kept.release(to);
    return bytesOf(samples);
  }

  close(): void {
    this.decoder.close();
  }

  private keep(samples: Float32Array): Buffer {
    this.kept.push(samples);
    this.kept.release(this.kept.end - MAX_KEPT_MS * SAMPLES_PER_MS);
    return bytesOf(samples);
  }
}

function bytesOf(samples: Float32Array): Buffer {
  const pcm = floatToInt16(samples);
  return Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}
