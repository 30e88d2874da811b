import { AppError, isAppError } from '@parlance/errors';
import { programOutput } from '@parlance/processes';

/** 16 kHz mono s16le, as recordings are decoded to. */
export const BYTES_PER_MS = 32;

const FORMAT = ['-vn', '-ar', '16000', '-ac', '1', '-f', 's16le', '-'];

/** Any recording as 16 kHz mono s16le, as it is read.
 *  @throws AppError audio.corrupt, or audio.unsupported_format where ffmpeg is missing */
export async function* readRecording(file: string): AsyncGenerator<Buffer> {
  const unavailable = 'ffmpeg is needed: apt-get install ffmpeg.';
  try {
    yield* programOutput('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, ...FORMAT], { unavailable });
  } catch (error) {
    if (!isAppError(error) || error.code !== 'upstream.unavailable') throw error;
    throw (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
      ? new AppError('audio.unsupported_format', unavailable)
      : new AppError('audio.corrupt', `${file}: no sound that ffmpeg can read.`);
  }
}

/** As `readRecording`, the whole at once. */
export async function decodeRecording(file: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of readRecording(file)) parts.push(part);
  return Buffer.concat(parts);
}
