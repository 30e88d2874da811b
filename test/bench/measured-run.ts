import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What one process says of one transcription; the model is loaded and warm before the clock starts. */
export interface MeasuredRun {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly text: string;
}

/** Runs a program that prints its measure as the last line of its output. */
export async function measure(command: string, args: readonly string[]): Promise<MeasuredRun> {
  const { stdout } = await promisify(execFile)(command, [...args], {
    timeout: 1_800_000,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as MeasuredRun;
}
