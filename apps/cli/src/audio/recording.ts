import { setTimeout as delay } from 'node:timers/promises';
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

const FRAME_MS = 100;

/** A recording as a microphone would give it: frames of 100 ms of 16 kHz mono s16le, each when it has been spoken.
 *  @throws as `readRecording` */
export async function* pacedAudio(file: string): AsyncGenerator<Buffer> {
  const begun = performance.now();
  let frames = 0;
  for await (const frame of framesOf(readRecording(file))) {
    frames += 1;
    const due = frames * FRAME_MS - (performance.now() - begun);
    if (due > 0) await delay(due);
    yield frame;
  }
}

async function* framesOf(pcm: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const size = FRAME_MS * BYTES_PER_MS;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of pcm) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (; rest.length >= size; rest = rest.subarray(size)) yield rest.subarray(0, size);
  }
  if (rest.length > 0) yield rest;
}
