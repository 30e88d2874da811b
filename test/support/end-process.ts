import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const LOOK_MS = 5_000;
/** Times in a row that a process is found caught before it is killed. */
const LOOKS = 2;

/** Resolves when the process is gone, at once where it has ended already. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** As `endProcess`, for Node, which may be caught in its own exit for good: the main thread waits for one that compiles, and that one for the
 *  main thread to collect (nodejs/node#54918). It is killed then, as Kubernetes would; one that only takes long is waited for. */
export async function endNode(child: ChildProcess, signal: NodeJS.Signals, lookMs = LOOK_MS): Promise<void> {
  let caught = 0;
  const look = setInterval(() => {
    caught = waitsForThread(child) ? caught + 1 : 0;
    if (caught === LOOKS) child.kill('SIGKILL');
  }, lookMs);
  try {
    await endProcess(child, signal);
  } finally {
    clearInterval(look);
  }
}

/** Whether its main thread waits for another thread; where Node has nothing to do, it waits for events. */
function waitsForThread({ pid }: ChildProcess): boolean {
  try {
    return readFileSync(`/proc/${pid}/wchan`, 'utf8').startsWith('futex');
  } catch {
    return false;
  }
}
