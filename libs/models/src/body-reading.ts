import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { AppError } from '@parlance/errors';
import { SourceFault, toSourceFault } from './source-fault.js';

const TEXT_LIMIT_BYTES = 64 * 1024 * 1024;

/** How long a source is waited for. */
export interface Patience {
  /** Until the head of an answer. */
  readonly answerMs: number;
  /** Silence in the middle of a file. */
  readonly stallMs: number;
  /** Connections in a row that bring nothing before the source counts as unreachable. */
  readonly attempts: number;
  readonly retryDelayMs: number;
}

/** Gives a body's chunks as they come.
 *  @throws SourceFault when nothing comes for `stallMs`; AppError request.cancelled */
export async function* bodyChunks(
  body: Readable,
  stallMs: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // A stream that is destroyed while it is read reports so once more.
  body.on('error', () => {});
  try {
    const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    for (;;) {
      const next = await withinStall(chunks.next(), stallMs, signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not the iterator's own end: that would wait for the chunk that does not come.
    body.destroy();
  }
}

/** @returns the whole of a body that fits into memory
 *  @throws SourceFault; AppError request.cancelled */
export async function readBody(body: Readable, stallMs: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of bodyChunks(body, stallMs, signal)) {
      bytes += chunk.byteLength;
      if (bytes > TEXT_LIMIT_BYTES) throw new SourceFault('wrong', 'answered with more than was expected');
      chunks.push(chunk);
    }
  } catch (error) {
    throw signal.aborted ? fetchCancelled() : toSourceFault(error);
  }
  return Buffer.concat(chunks);
}

export function fetchCancelled(): AppError {
  return new AppError('request.cancelled', 'The fetch was cancelled.');
}

async function withinStall<T>(reading: Promise<T>, stallMs: number, signal: AbortSignal): Promise<T> {
  const finished = new AbortController();
  const stalled = delay(stallMs, undefined, { signal: AbortSignal.any([finished.signal, signal]) }).then(
    () => {
      throw new SourceFault('unreachable', `fell silent for ${stallMs / 1000} s in mid-file`);
    },
    () => {
      // Lost against the reading, or the whole fetch was cancelled.
      throw fetchCancelled();
    },
  );
  stalled.catch(() => {});
  return Promise.race([reading, stalled]).finally(() => finished.abort());
}
