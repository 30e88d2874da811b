import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { AppError } from '@parlance/errors';
import { cancelled } from './body-reading.js';

/** A lock whose holder was killed is taken over after this time. */
const STALE_MS = 10_000;
const POLL_MS = 250;

/** Runs `work` while no other process (and no other call in this one) works on the same model.
 *  @param partial  folder that the lock is made in
 *  @param onWait  called once when another holds the lock
 *  @throws AppError request.cancelled while it waits; what `work` throws */
export async function withModelLock<T>(
  { partial, name, signal, onWait }: LockRequest,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const release = await acquire({ partial, name, signal, onWait }, () => lost.abort());
  try {
    return await work(signal ? AbortSignal.any([signal, lost.signal]) : lost.signal);
  } finally {
    // A lock that was lost is another's now.
    if (!lost.signal.aborted) await release().catch(() => undefined);
  }
}

export interface LockRequest {
  readonly partial: string;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  readonly onWait: (() => void) | undefined;
}

async function acquire(
  { partial, name, signal, onWait }: LockRequest,
  onLost: () => void,
): Promise<() => Promise<void>> {
  for (let hasWaited = false; ; hasWaited = true) {
    if (signal?.aborted) throw cancelled();
    try {
      await mkdir(partial, { recursive: true });
      return await lock(partial, {
        lockfilePath: join(partial, `${name}.lock`),
        realpath: false,
        stale: STALE_MS,
        onCompromised: onLost,
      });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ELOCKED')
        throw new AppError('model.invalid', `The folder ${partial} cannot be written to.`, { cause });
    }
    if (!hasWaited) onWait?.();
    await delay(POLL_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}
