import { AppError } from '@parlance/errors';
import type { HeldBytes } from './held-memory.js';

/** Bytes as they arrive; pulled, so that nothing is read ahead of what can be kept. */
export type ByteSource = AsyncIterable<Buffer>;

export interface PeekedSource {
  /** The first bytes, at least the number asked for unless the source is shorter. */
  readonly head: Buffer;
  /** The whole source, head included; iterate once. */
  readonly all: ByteSource;
}

/** Reads the first `bytes` of a source without losing them. */
export async function peek(source: ByteSource, bytes: number): Promise<PeekedSource> {
  const iterator = source[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let length = 0;
  while (length < bytes) {
    const next = await iterator.next();
    if (next.done) break;
    parts.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(parts);
  async function* all(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { head, all: all() };
}

/** Reads a source whole. The memory grows in place: pages are taken as bytes come, and nothing is copied twice.
 *  @param held  counts what is read; the caller releases it
 *  @throws AppError inference.overloaded */
export async function readAll(
  source: ByteSource,
  maxBytes: number,
  tooLarge: () => AppError,
  held: HeldBytes,
): Promise<Buffer> {
  const memory = new ArrayBuffer(0, { maxByteLength: maxBytes });
  for await (const chunk of source) {
    const length = memory.byteLength;
    if (length + chunk.length > maxBytes) throw tooLarge();
    held.grow(chunk.length);
    memory.resize(length + chunk.length);
    new Uint8Array(memory, length).set(chunk);
  }
  return Buffer.from(memory, 0, memory.byteLength);
}

/** Slices as a source of chunks of at most 64 KiB, copied out of memory that may be resizable. */
export async function* sourceOf(slices: readonly Buffer[]): AsyncGenerator<Buffer> {
  const size = 65_536;
  for (const slice of slices)
    for (let at = 0; at < slice.length; at += size) yield Buffer.copyBytesFrom(slice, at, size);
}
