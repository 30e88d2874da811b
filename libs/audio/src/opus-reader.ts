import { OpusDecoder } from 'opus-decoder';
import { AppError } from '@parlance/errors';

/** An Opus packet holds at most 120 ms at 510 kbit/s (RFC 6716). The decoder keeps 3,840 bytes for each channel it is
 *  opened with: with two a packet of this size fits. */
const MAX_PACKET_BYTES = 7650;

/** Decodes raw Opus packets, one at a time, straight to `SAMPLE_RATE_HZ`: libopus drops the upper bands itself. */
export class OpusReader {
  static readonly SAMPLE_RATE_HZ = 16000;
  /** Both channels of a mono packet are the same. */
  static readonly CHANNELS = 2;

  private constructor(private readonly decoder: OpusDecoder<16000>) {}

  static async open(): Promise<OpusReader> {
    const decoder = new OpusDecoder({ sampleRate: OpusReader.SAMPLE_RATE_HZ, channels: OpusReader.CHANNELS });
    await decoder.ready;
    return new OpusReader(decoder);
  }

  /** @returns interleaved samples. @throws AppError audio.corrupt */
  push(packet: Uint8Array): Float32Array {
    if (packet.length === 0) return new Float32Array(0);
    if (packet.length > MAX_PACKET_BYTES)
      throw new AppError('audio.corrupt', 'A message holds more than one Opus packet.');
    const { channelData, errors } = this.decoder.decodeFrame(packet);
    if (errors.length > 0) throw new AppError('audio.corrupt', 'A message is not an Opus packet.');
    const [left = new Float32Array(0), right = left] = channelData;
    const interleaved = new Float32Array(2 * left.length);
    for (let i = 0; i < left.length; i++) {
      interleaved[2 * i] = left[i]!;
      interleaved[2 * i + 1] = right[i]!;
    }
    return interleaved;
  }

  close(): void {
    this.decoder.free();
  }
}
