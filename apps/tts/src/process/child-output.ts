import { spawn } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@parlance/errors';

export interface ChildOptions {
  /** Written to its stdin. */
  readonly input: AsyncIterable<Buffer> | string;
  /** Ends the child at once. */
  readonly signal: AbortSignal;
  /** Called with what it writes to descriptor 3. */
  readonly onReport?: (text: string) => void;
}

/** What a child process writes to stdout, at the reader's pace. The child ends with the loop, whichever way that ends.
 *  @throws AppError request.cancelled or request.deadline_exceeded after the signal, upstream.unavailable when the child fails; a fault of the input
 *  as it is */
export async function* childOutput(
  command: string,
  args: readonly string[],
  { input, signal, onReport }: ChildOptions,
): AsyncGenerator<Buffer> {
  if (signal.aborted) throw stopped(signal);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore', onReport ? 'pipe' : 'ignore'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    // A signal that cannot be sent is an error too, and may follow another one.
    child.on('error', reject);
    child.once('close', resolve);
  });
  ended.catch(() => undefined);
  // Their readers and writers see what goes wrong.
  for (const pipe of child.stdio) pipe?.on('error', () => undefined);
  if (onReport) (child.stdio[3] as Readable).setEncoding('utf8').on('data', onReport);
  const fed = feed(input, child.stdin!);
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    for await (const chunk of child.stdout!) yield chunk as Buffer;
    const [code, fault] = await Promise.all([ended, fed]);
    if (signal.aborted) throw stopped(signal);
    if (fault) throw fault;
    if (code !== 0) throw new Error(`${command} ended with ${code}`);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('upstream.unavailable', 'Speech could not be made just now.', { cause });
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

/** Resolves with the input's own fault, if it had one; a child that stops reading is judged by its exit code. */
async function feed(input: AsyncIterable<Buffer> | string, stdin: Writable): Promise<Error | undefined> {
  let fault: Error | undefined;
  const watched = async function* (): AsyncGenerator<Buffer> {
    try {
      if (typeof input === 'string') yield Buffer.from(input);
      else yield* input;
    } catch (error) {
      fault = error as Error;
      throw error;
    }
  };
  await pipeline(Readable.from(watched(), { objectMode: false }), stdin).catch(() => undefined);
  return fault;
}

function stopped(signal: AbortSignal): AppError {
  if (signal.reason instanceof AppError) return signal.reason;
  return (signal.reason as Error | undefined)?.name === 'TimeoutError'
    ? new AppError('request.deadline_exceeded', 'The speech took longer than its limit.')
    : new AppError('request.cancelled', 'The request was cancelled.');
}
