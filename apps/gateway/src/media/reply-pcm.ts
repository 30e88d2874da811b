import { parseWavHeader, soundFileIn } from '@parlance/audio';
import { AppError, cancelled } from '@parlance/errors';
import { Ffmpeg, replyArguments } from './ffmpeg.js';

/** Rate of decoded replies, Hz; the rate at which they are spoken. */
export const REPLY_RATE_HZ = 24_000;
/** A sentence takes a few hundredths of a second. */
const DECODE_LIMIT_MS = 10_000;

/**
 * Decodes a spoken sentence, in whatever encoding it is stored, to 24 kHz mono s16le.
 * @throws AppError audio.corrupt, upstream.unavailable, request.cancelled
 */
export async function replyPcm(ffmpegPath: string, stored: Buffer, signal: AbortSignal): Promise<Buffer> {
  const plain = plainSamples(stored);
  if (plain) return plain;
  if (signal.aborted) throw cancelled();
  const ffmpeg = new Ffmpeg(ffmpegPath, replyArguments(REPLY_RATE_HZ));
  const stop = (): void => ffmpeg.stop();
  const limit = setTimeout(stop, DECODE_LIMIT_MS);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const written = ffmpeg.writeAll([stored]);
    const parts = await ffmpeg.output.toArray().catch(() => []);
    await written;
    const exitCode = await ffmpeg.exited;
    if (signal.aborted) throw cancelled();
    if (exitCode === null)
      throw new AppError('upstream.unavailable', 'The speech of a sentence was not decoded in time.');
    if (exitCode !== 0) throw new AppError('audio.corrupt', 'The speech of a sentence cannot be decoded.');
    return Buffer.concat(parts as Buffer[]);
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', stop);
    ffmpeg.stop();
  }
}

/** The samples of a WAV file that needs no conversion. */
function plainSamples(stored: Buffer): Buffer | undefined {
  if (soundFileIn(stored) !== 'WAV') return undefined;
  const header = parseWavHeader(stored);
  if (header?.sampleFormat !== 's16le' || header.sampleRateHz !== REPLY_RATE_HZ || header.channels !== 1)
    return undefined;
  const { dataOffset, dataBytes } = header;
  return stored.subarray(dataOffset, dataBytes && dataOffset + dataBytes);
}
