import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@parlance/errors';

/** 16 kHz mono s16le. */
export const BYTES_PER_MS = 32;
const FRAME_MS = 100;

/** A recording as a microphone would give it: frames of 100 ms, each when it has been spoken.
 *  @throws AppError audio.corrupt, or audio.unsupported_format where ffmpeg is missing */
export async function* pacedAudio(file: string): AsyncGenerator<Buffer> {
  const begun = performance.now();
  let frames = 0;
  for await (const frame of framesOf(decode(file))) {
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

async function* decode(file: string): AsyncGenerator<Buffer> {
  const ffmpeg = spawn(
    'ffmpeg',
    ['-v', 'error', '-nostdin', '-i', file, '-vn', '-ar', '16000', '-ac', '1', '-f', 's16le', '-'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const ended = new Promise<number | null>((resolve, reject) => {
    ffmpeg.on('error', () =>
      reject(
        new AppError(
          'audio.unsupported_format',
          'ffmpeg is needed to play a recording: apt-get install ffmpeg.',
        ),
      ),
    );
    ffmpeg.once('close', resolve);
  });
  try {
    yield* ffmpeg.stdout as AsyncIterable<Buffer>;
    if ((await ended) !== 0)
      throw new AppError('audio.corrupt', 'This file holds no sound that ffmpeg can read.');
  } finally {
    ffmpeg.kill();
    ended.catch(() => undefined);
  }
}
