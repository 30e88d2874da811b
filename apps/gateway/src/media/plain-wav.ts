import { parseWavHeader, SPEECH_RATE_HZ, type WavHeader } from '#libs/audio';
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
