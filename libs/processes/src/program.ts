import { execFile, type ExecFileException } from 'node:child_process';
import { promisify } from 'node:util';
import { abortFault, AppError, isAppError } from '@parlance/errors';
import { PipedProcess, untilClosed } from './piped-process.js';
import type { StandbyPrograms } from './standby-programs.js';

export interface ProgramOptions {
  /** What a client is told where the program cannot be started or fails. */
  readonly unavailable: string;
  /** Written to its stdin; left out, stdin is empty. */
  readonly input?: AsyncIterable<Buffer> | string;
  /** Ends the program at once. */
  readonly signal?: AbortSignal;
  /** Called with what it writes to descriptor 3, as text. */
  readonly onReport?: (text: string) => void;
  /** Has it started already, where it was run before. */
  readonly standby?: StandbyPrograms;
}

/** Runs a program. The program ends with the loop, whichever way that ends.
 *  @yields what it writes to stdout, at the reader's pace
 *  @throws AppError request.cancelled, request.deadline_exceeded or the signal's own fault; upstream.unavailable when the
 *  program cannot be started or exits with another code than 0 (`cause` says which); a fault of the input as it is */
export async function* programOutput(
  command: string,
  args: readonly string[],
  { unavailable, input = '', signal, onReport, standby }: ProgramOptions,
): AsyncGenerator<Buffer> {
  if (signal?.aborted) throw abortFault(signal);
  const options = { unavailable, readsReport: onReport !== undefined };
  const child = standby?.start(command, args, options) ?? new PipedProcess(command, args, options);
  if (onReport) child.report?.setEncoding('utf8').on('data', onReport);
  const stop = (): void => child.stop();
  signal?.addEventListener('abort', stop, { once: true });
  let inputFault: unknown;
  const source = typeof input === 'string' ? [Buffer.from(input)] : input;
  const written = child.writeAll(source).catch((error: unknown) => {
    inputFault = error;
    child.stop();
  });
  try {
    yield* untilClosed<Buffer>(child.output);
    const code = await child.exited;
    if (signal?.aborted) throw abortFault(signal);
    if (code === 0) await written;
    if (inputFault) throw inputFault;
    if (code !== 0) throw new Error(`${command} ended with ${code}`);
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    throw new AppError('upstream.unavailable', unavailable, { cause });
  } finally {
    signal?.removeEventListener('abort', stop);
    child.stop();
  }
}

/** How long a program may take to tell about itself, milliseconds: its first run on a busy machine with slow disks is long. */
const TELL_LIMIT_MS = 30_000;

/** Runs a program to its end, for what it prints: to see at a start whether it is installed.
 *  @throws Error that says how to install it where it is not there, else how it ended */
export async function runProgram(
  command: string,
  args: readonly string[],
  debianPackage: string,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], { timeout: TELL_LIMIT_MS });
    return stdout;
  } catch (cause) {
    const { code, killed, message } = cause as ExecFileException;
    if (code === 'ENOENT')
      throw new Error(`${command} does not run; install it with: apt-get install ${debianPackage}`, {
        cause,
      });
    const reason = killed ? `no answer within ${TELL_LIMIT_MS / 1_000} s` : message;
    throw new Error(`${[command, ...args].join(' ')} failed: ${reason}`, { cause });
  }
}
