import type { AudioFormat } from '@parlance/contracts/proto/parlance/voice/v1/AudioFormat';

/** Bytes of a RIFF/WAVE header without further chunks. */
const WAV_HEADER_BYTES = 44;
const USUAL_RATE_HZ = 16_000;
/** Milliseconds of a frame by configuration (RFC 6716, 3.1): SILK-only, hybrid and CELT-only ones. */
const SILK_MS = [10, 20, 40, 60];
const HYBRID_MS = [10, 20];
const CELT_MS = [2.5, 5, 10, 20];

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
    this.bytesPerMs = ((sampleRateHz || USUAL_RATE_HZ) * (channels || 1) * bytesPerSample) / 1000;
  }

  /** @returns milliseconds that the bytes add */
  push(bytes: Buffer): number {
    if (this.isOpus) return opusPacketMs(bytes);
    if (this.isHeaderDue) return this.readHeader(bytes);
    return bytes.length / this.bytesPerMs;
  }

  /** The byte rate stands in the header, at the same place in every usual file. */
  private readHeader(bytes: Buffer): number {
    this.header = Buffer.concat([this.header, bytes]);
    if (this.header.length < WAV_HEADER_BYTES) return 0;
    this.isHeaderDue = false;
    const bytesPerSecond = this.header.readUInt32LE(28);
    if (bytesPerSecond > 0) this.bytesPerMs = bytesPerSecond / 1000;
    return (this.header.length - WAV_HEADER_BYTES) / this.bytesPerMs;
  }
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
  return code === 3 ? frameMs * (count & 63) : frameMs * 2;
}
