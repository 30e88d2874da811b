import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants, getPriority, setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '@parlance/errors';
import { whenWritable } from '@parlance/resilience';

export interface PipedProcessOptions {
  /** What a client is told where the program cannot be started. */
  readonly unavailable: string;
  /** Whether stderr is read; else it is dropped. */
  readonly readsLog?: boolean;
  /** Whether descriptor 3 is open for the program to write to. */
  readonly readsReport?: boolean;
  /** Whether it leaves the processors to this process and to programs that do not yield, where they are wanted. */
  readonly yieldsProcessors?: boolean;
}

/** A child process between pipes: bytes in, bytes out, each at the reader's pace. `stop` ends it at any time. */
export class PipedProcess {
  /** Its stdout. */
  readonly output: Readable;
  /** Its stderr; undefined where it is not read. */
  readonly log: Readable | undefined;
  /** What it writes to descriptor 3; undefined where that is not open. */
  readonly report: Readable | undefined;
  /** Exit code; null when it was stopped. Rejects with upstream.unavailable when the program cannot be started. */
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly input: Writable;

  /** @throws AppError upstream.unavailable where descriptors have run out */
  constructor(command: string, args: readonly string[], options: PipedProcessOptions) {
    const { unavailable, readsLog = false, readsReport = false, yieldsProcessors = false } = options;
    this.child = spawn(command, args, {
      stdio: ['pipe', 'pipe', readsLog ? 'pipe' : 'ignore', ...(readsReport ? ['pipe' as const] : [])],
    });
    // Before all else: where descriptors have run out there are no pipes, and the error comes all the same. A signal that
    // cannot be sent is an error too, and may follow another one.
    this.exited = new Promise((resolve, reject) => {
      this.child.on('error', (cause) => reject(new AppError('upstream.unavailable', unavailable, { cause })));
      this.child.once('close', (code) => resolve(code));
    });
    this.exited.catch(() => undefined);
    if (yieldsProcessors) yieldProcessors(this.child);
    const pipes = this.child.stdio as (Readable | null | undefined)[] | undefined;
    if (!this.child.stdin || !this.child.stdout) throw new AppError('upstream.unavailable', unavailable);
    this.input = this.child.stdin;
    this.output = this.child.stdout;
    this.log = this.child.stderr ?? undefined;
    this.report = pipes?.[3] ?? undefined;
    // Whoever reads or writes a pipe sees its faults; one that nobody uses any more must not end this process by one.
    // A program that has read enough closes its input, which is no fault: `write` sees a closed pipe.
    for (const pipe of this.pipes) pipe?.on('error', () => undefined);
  }

  /** Writes a source to stdin at the pace the program reads it, then ends it.
   *  @param isReadToEnd whether what comes after the program has closed its end is read and dropped; else it is left
   *  @throws whatever the source throws */
  async writeAll(source: AsyncIterable<Buffer> | Iterable<Buffer>, isReadToEnd = false): Promise<void> {
    for await (const chunk of source) {
      if (!this.input.writable && !isReadToEnd) break;
      await this.write(chunk);
    }
    this.endInput();
  }

  /** Resolves when there is room for more. */
  async write(chunk: Buffer): Promise<void> {
    if (this.input.writable && !this.input.write(chunk)) await whenWritable(this.input);
  }

  /** Nothing more comes: most programs end once they have written what they have. */
  endInput(): void {
    this.input.end();
  }

  stop(): void {
    this.child.kill('SIGKILL');
    for (const pipe of this.pipes) pipe?.destroy();
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Whether this process stays for the sake of that one. */
  holdOpen(isWanted: boolean): void {
    for (const handle of [this.child, ...this.pipes] as readonly (Partial<Socket> | undefined)[])
      if (isWanted) handle?.ref?.();
      else handle?.unref?.();
  }

  private get pipes(): readonly (Readable | Writable | undefined)[] {
    return [this.input, this.output, this.log, this.report];
  }
}

function yieldProcessors({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // It has ended, or the system does not let it: it runs as any other.
  }
}

/** What a pipe of a process gives; that it was closed by `stop` ends it. */
export async function* untilClosed<T>(pipe: Readable): AsyncGenerator<T> {
  try {
    yield* pipe as AsyncIterable<T>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
