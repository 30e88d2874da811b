import { open as openFile, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fetchCancelled, bodyChunks, type Patience } from './body-reading.js';
import { asSpaceFault } from './disk-space.js';
import type { Opening } from './http.client.js';
import { isFinal, SourceFault, toSourceFault } from './source-fault.js';

export interface DownloadRequest {
  /** Gives the bytes from an offset on. */
  readonly open: (offset: number) => Promise<Opening>;
  /** Undefined where only the source knows. */
  readonly bytes: number | undefined;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  readonly onBytes?: (written: number, total: number | undefined) => void;
}

/** Fetches a file into `path` and goes on from what already lies there. What was written stays after a fault, so that
 *  the next try goes on from it.
 *  @returns whether bytes of an earlier fetch are part of the file
 *  @throws SourceFault; AppError model.no_space, request.cancelled */
export async function downloadInto(path: string, request: DownloadRequest): Promise<boolean> {
  const { patience, signal, bytes } = request;
  const earlier = await sizeOf(path);
  let isResumed = earlier > 0;
  let fruitless = 0;
  for (;;) {
    const before = await sizeOf(path);
    if (before === bytes) return isResumed;
    // More than the whole belongs to another version of the file.
    if (bytes !== undefined && before > bytes) await rm(path);
    try {
      if ((await append(path, before, request)) === 0) isResumed = false;
      return isResumed;
    } catch (error) {
      if (signal.aborted) throw fetchCancelled();
      if (isFinal(error)) throw error;
      const fault = toSourceFault(error);
      const after = await sizeOf(path);
      // A source that never began is passed over at once; only what broke off is asked for again.
      if (fault.kind !== 'unreachable' || after === 0) throw fault;
      fruitless = after > before ? 0 : fruitless + 1;
      if (fruitless >= patience.attempts) throw fault;
      await delay(patience.retryDelayMs * (fruitless + 1), undefined, { signal }).catch(() => {
        throw fetchCancelled();
      });
    }
  }
}

/** One connection's worth.
 *  @returns the byte that it began with */
async function append(path: string, from: number, request: DownloadRequest): Promise<number> {
  const { open, patience, signal, onBytes } = request;
  const { offset, totalBytes, body } = await open(from);
  const total = request.bytes ?? totalBytes;
  try {
    if (total !== undefined && totalBytes !== undefined && totalBytes !== total)
      throw new SourceFault('wrong', `has a file of ${totalBytes} bytes instead of ${total}`);
    await using output = await openFile(path, offset === 0 ? 'w' : 'a');
    let written = offset;
    for await (const chunk of bodyChunks(body, patience.stallMs, signal)) {
      written += chunk.byteLength;
      if (total !== undefined && written > total)
        throw new SourceFault('wrong', `gave more than the ${total} bytes of the file`);
      await output.write(chunk);
      onBytes?.(written, total);
    }
    if (total !== undefined && written < total) throw new SourceFault('unreachable', 'broke off in mid-file');
    return offset;
  } catch (error) {
    throw asSpaceFault(error);
  } finally {
    body.destroy();
  }
}

/** @returns a file's size in bytes; 0 where there is none */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
