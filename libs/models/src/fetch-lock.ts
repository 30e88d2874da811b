import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { AppError } from '@parlance/errors';
import { fetchCancelled } from './body-reading.js';

/** A lock whose holder was killed is taken over after this time. */
const STALE_MS = 10_000;
const POLL_MS = 250;

/** Runs `work` while no other process (and no other call in this one) works on the same model.
 *  @param folder  folder that the lock is made in
 *  @param onWait  called once when another holds the lock
 *  @throws AppError request.cancelled while it waits; what `work` throws */
export async function withModelLock<T>(
  { folder, name, signal, onWait }: LockRequest,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const release = await acquire({ folder, name, signal, onWait }, () => lost.abort());
  try {
    return await work(signal ? AbortSignal.any([signal, lost.signal]) : lost.signal);
  } finally {
    // A lock that was lost is another's now.
    if (!lost.signal.aborted) await release().catch(() => undefined);
  }
}

export interface LockRequest {
  readonly folder: string;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  readonly onWait: (() => void) | undefined;
}

async function acquire(
  { folder, name, signal, onWait }: LockRequest,
  onLost: () => void,
): Promise<() => Promise<void>> {
  for (let hasWaited = false; ; hasWaited = true) {
    if (signal?.aborted) throw fetchCancelled();
    try {
      await mkdir(folder, { recursive: true });
      return await lock(folder, {
        lockfilePath: join(folder, `${name}.lock`),
        realpath: false,
        stale: STALE_MS,
        onCompromised: onLost,
      });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ELOCKED')
        throw new AppError('model.invalid', `The folder ${folder} cannot be written to.`, { cause });
    }
    if (!hasWaited) onWait?.();
    await delay(POLL_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}
