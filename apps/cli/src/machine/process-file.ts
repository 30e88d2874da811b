import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The process file of who looks after the others, by which `make down` and a second `make up` know it. */
export const SUPERVISOR = 'supervisor';
/** What the system may take to end a killed process. */
const KILL_LIMIT_MS = 5_000;

/** A process this platform started. The start time tells it from a later process that was given the same id. */
export interface StartedProcess {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: string;
}

export async function rememberProcess(folder: string, name: string, pid: number): Promise<StartedProcess> {
  const started = { name, pid, startedAt: startTime(pid) ?? '' };
  await mkdir(folder, { recursive: true });
  await writeFile(fileOf(folder, name), `${JSON.stringify(started)}\n`);
  return started;
}

/** Those of the remembered processes that still run; files of gone ones are cleared away. */
export async function runningProcesses(folder: string): Promise<StartedProcess[]> {
  if (!existsSync(folder)) return [];
  const running: StartedProcess[] = [];
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.pid')) continue;
    const started = parse(await readFile(join(folder, file), 'utf8'));
    if (started && isRunning(started)) running.push(started);
    else await rm(join(folder, file), { force: true });
  }
  return running;
}

/** True only for the very process that was started, not for another under its id. */
export function isRunning(started: StartedProcess): boolean {
  const now = startTime(started.pid);
  return now !== undefined && now === started.startedAt;
}

/** Asks with SIGTERM, insists with SIGKILL after `graceMs`, and forgets it. */
export async function stopProcess(folder: string, started: StartedProcess, graceMs = 15_000): Promise<void> {
  signal(started, 'SIGTERM');
  await untilGone(started, graceMs);
  signal(started, 'SIGKILL');
  await untilGone(started, KILL_LIMIT_MS);
  await forgetProcess(folder, started.name);
}

export async function forgetProcess(folder: string, name: string): Promise<void> {
  await rm(fileOf(folder, name), { force: true });
}

async function untilGone(started: StartedProcess, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (isRunning(started) && Date.now() < deadline) await delay(50);
}

function signal(started: StartedProcess, name: NodeJS.Signals): void {
  if (!isRunning(started)) return;
  try {
    process.kill(started.pid, name);
  } catch (error) {
    // It ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** When the process began, in the system's own words; undefined when there is none (a zombie counts as none). */
function startTime(pid: number): string | undefined {
  if (process.platform === 'linux') return startTimeOnLinux(pid);
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

function startTimeOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command may hold spaces and brackets; the fields proper begin after its closing one (proc(5): 3 state, 22 start).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function parse(text: string): StartedProcess | undefined {
  try {
    const value = JSON.parse(text) as Partial<StartedProcess>;
    return typeof value.name === 'string' &&
      typeof value.pid === 'number' &&
      typeof value.startedAt === 'string'
      ? (value as StartedProcess)
      : undefined;
  } catch {
    return undefined;
  }
}

function fileOf(folder: string, name: string): string {
  return join(folder, `${name}.pid`);
}
