import { setTimeout as delay } from 'node:timers/promises';
import { BYTES_PER_MS, readRecording } from '../audio/recording.js';

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
