import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';

/** The lock of a process that was killed is taken over after this time. */
const STALE_MS = 10_000;

/** Runs `work` while no other process builds in the same repository. A process that was stopped for so long that another took its
 *  lock goes on: what each of them writes is whole. */
export async function withBuildLock<T>(root: string, work: () => Promise<T>): Promise<T> {
  const folder = join(root, 'dist');
  mkdirSync(folder, { recursive: true });
  let isLost = false;
  const release = await lock(folder, {
    lockfilePath: join(folder, '.build.lock'),
    stale: STALE_MS,
    retries: { forever: true, factor: 1, minTimeout: 100 },
    onCompromised: () => (isLost = true),
  });
  try {
    return await work();
  } finally {
    if (!isLost) await release();
  }
}
