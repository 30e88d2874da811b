import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { launch, logFile } from './launch.js';
import type { ProcessDefinition } from './platform-processes.js';
import { isRunning, runningProcesses } from '@parlance/cli/machine/process-file';
import type { Settings } from '@parlance/cli/machine/settings';

const LOOK_EVERY_MS = 500;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Who lives so long has recovered: the next pause is a short one again. */
const RECOVERED_AFTER_MS = 60_000;

/** How long to wait before a process is started again. @param deaths  how often it has died without recovering, from 1 */
export function pauseBeforeRestart(deaths: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 1));
}

interface Watched {
  readonly definition: ProcessDefinition;
  deaths: number;
  startedAt: number;
  restartAt: number | undefined;
}

/** Looks after processes that run, and starts the ones again that end. What happens is told, and written into the process' own log.
 *  Resolves when `signal` aborts; the processes are left as they are. */
export async function supervise(
  definitions: readonly ProcessDefinition[],
  settings: Settings,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const watched = definitions.map((definition): Watched => ({
    definition,
    deaths: 0,
    startedAt: Date.now(),
    restartAt: undefined,
  }));
  while (!signal.aborted) {
    const running = new Set((await runningProcesses(settings.processFiles)).map(({ name }) => name));
    for (const one of watched) {
      if (signal.aborted) return;
      if (!running.has(one.definition.name)) await restartWhenDue(one, settings, say);
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function restartWhenDue(one: Watched, settings: Settings, say: (line: string) => void): Promise<void> {
  const { name } = one.definition;
  const tell = (line: string): void => {
    say(line);
    appendFileSync(logFile(name, settings), `${new Date().toISOString()} supervisor: ${line}\n`);
  };
  const now = Date.now();
  if (one.restartAt === undefined) {
    one.deaths = now - one.startedAt > RECOVERED_AFTER_MS ? 1 : one.deaths + 1;
    const pauseMs = pauseBeforeRestart(one.deaths);
    one.restartAt = now + pauseMs;
    tell(
      `${name} has ended; it is started again in ${pauseMs / 1_000} s. Its log: ${logFile(name, settings)}`,
    );
  }
  if (now < one.restartAt) return;
  one.restartAt = undefined;
  one.startedAt = now;
  try {
    const { started } = await launch(one.definition, settings, 'append');
    if (isRunning(started)) tell(`${name} is started again.`);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
  }
}
