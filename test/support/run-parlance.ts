import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { PROCESS_ENVIRONMENT } from './process-environment.js';

/** What a run of the command line came to. */
export interface ParlanceRun {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface RunOptions {
  /** Where it runs; the repository where it does not say. */
  readonly folder?: string;
  /** A file that it reads as its input. */
  readonly stdin?: string;
}

/** Runs `parlance` as somebody at a terminal does. @param environment  all that it gets, beside the path */
export function runParlance(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  { folder, stdin }: RunOptions = {},
): Promise<ParlanceRun> {
  const child = spawn(join(process.cwd(), 'apps/cli/bin/parlance.js'), [...args], {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: { PATH: process.env.PATH, ...PROCESS_ENVIRONMENT, ...environment },
  });
  if (stdin !== undefined) createReadStream(stdin).pipe(child.stdin);
  let [output, errors] = ['', ''];
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (errors += String(data)));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, output, errors })));
}
