import { parseWavHeader, SPEECH_RATE_HZ, type WavHeader } from '@parlance/audio';
import type { ByteSource } from './byte-source.js';

/** The header of a WAV file that already holds 16 kHz mono s16le; undefined for any other: ffmpeg reads more kinds. */
export function plainWavHeader(head: Buffer): WavHeader | undefined {
  try {
    const header = parseWavHeader(head);
    const isPlain =
      header?.sampleFormat === 's16le' && header.sampleRateHz === SPEECH_RATE_HZ && header.channels === 1;
    return isPlain ? header : undefined;
  } catch {
    return undefined;
  }
}

/** The sample rate that a WAV file of any encoding claims, Hz; undefined where its beginning does not say it. */
export function claimedRateHz(head: Buffer): number | undefined {
  for (let at = 12; at + 16 <= head.length;) {
    if (head.toString('latin1', at, at + 4) === 'fmt ') return head.readUInt32LE(at + 12);
    const size = head.readUInt32LE(at + 4);
    // Chunks are padded to an even length.
    at += 8 + size + (size & 1);
  }
  return undefined;
}

/** The samples of such a file; what stands behind them is read and dropped. */
export async function* plainWavSamples(file: ByteSource, header: WavHeader): AsyncGenerator<Buffer> {
  const end = header.dataOffset + (header.dataBytes ?? Infinity);
  let at = 0;
  for await (const chunk of file) {
    const from = Math.max(0, header.dataOffset - at);
    const to = Math.min(chunk.length, end - at);
    at += chunk.length;
    if (from < to) yield chunk.subarray(from, to);
  }
}
