import { BYTES_PER_SAMPLE, MIN_SAMPLE_RATE_HZ, parseWavHeader, type WavHeader } from '@parlance/audio';
import type { AudioFormat } from '@parlance/contracts/proto/parlance/voice/v1/AudioFormat';

const USUAL_RATE_HZ = 16_000;
/** Milliseconds of a frame by configuration (RFC 6716, 3.1): SILK-only, hybrid and CELT-only ones. */
const SILK_MS = [10, 20, 40, 60];
const HYBRID_MS = [10, 20];
const CELT_MS = [2.5, 5, 10, 20];
/** No packet is longer (RFC 6716, 3.2.5). */
const MOST_OPUS_MS = 120;

/** How long the audio of a live stream is that a pod decodes, by its declared format. */
export class LiveAudioLength {
  private bytesPerMs: number;
  private header = Buffer.alloc(0);
  private isHeaderDue: boolean;
  private readonly isOpus: boolean;

  constructor(format: AudioFormat | null | undefined) {
    const { encoding, sampleRateHz, channels } = format ?? {};
    this.isOpus = encoding === 'AUDIO_ENCODING_OPUS';
    this.isHeaderDue = encoding === 'AUDIO_ENCODING_WAV';
    const bytesPerSample = encoding === 'AUDIO_ENCODING_PCM_F32LE' ? 4 : 2;
    this.bytesPerMs = bytesPerMsOf(sampleRateHz || USUAL_RATE_HZ, channels || 1, bytesPerSample);
  }

  /** @returns milliseconds that the bytes add */
  push(bytes: Buffer): number {
    if (this.isOpus) return opusPacketMs(bytes);
    if (this.isHeaderDue) return this.readHeader(bytes);
    return bytes.length / this.bytesPerMs;
  }

  /** By what the recogniser reads the samples by, and not by the byte rate, which a header may state as it likes. */
  private readHeader(bytes: Buffer): number {
    this.header = Buffer.concat([this.header, bytes]);
    const found = headerIn(this.header);
    if (found === 'more') return 0;
    const read = this.header.length - (found?.dataOffset ?? 0);
    this.isHeaderDue = false;
    this.header = Buffer.alloc(0);
    if (found)
      this.bytesPerMs = bytesPerMsOf(
        found.sampleRateHz,
        found.channels,
        BYTES_PER_SAMPLE[found.sampleFormat],
      );
    return read / this.bytesPerMs;
  }
}

/** @returns undefined of what is no WAV file: the recogniser refuses it */
function headerIn(bytes: Buffer): WavHeader | 'more' | undefined {
  try {
    return parseWavHeader(bytes) ?? 'more';
  } catch {
    return undefined;
  }
}

/** Of a rate below what is recognised the stream is refused, but it is counted first. */
function bytesPerMsOf(sampleRateHz: number, channels: number, bytesPerSample: number): number {
  return (Math.max(sampleRateHz, MIN_SAMPLE_RATE_HZ) * channels * bytesPerSample) / 1000;
}

/** The length of an Opus packet, milliseconds, which its first bytes tell (RFC 6716, 3.1 and 3.2). */
export function opusPacketMs(packet: Buffer): number {
  const [toc, count = 0] = packet;
  if (toc === undefined) return 0;
  const configuration = toc >> 3;
  const frameMs =
    configuration < 12
      ? SILK_MS[configuration % 4]!
      : configuration < 16
        ? HYBRID_MS[configuration % 2]!
        : CELT_MS[configuration % 4]!;
  const code = toc & 3;
  if (code === 0) return frameMs;
  return code === 3 ? Math.min(frameMs * (count & 63), MOST_OPUS_MS) : frameMs * 2;
}
