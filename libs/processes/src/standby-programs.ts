import { PipedProcess, type PipedProcessOptions } from './piped-process.js';

/** Programs that wait, each started before it is needed. */
const MOST_WAITING = 4;
/** The next one is started so long after the last one has ended: until then whoever waited for that has the processors. */
const PAUSE_MS = 500;

/** Programs that are started before they are needed: what a program does at its start is done when its input comes. One waits of each
 *  command line that was used, of the last few where there are many. It ends with this process, and keeps no process from ending. */
export class StandbyPrograms {
  private readonly waiting = new Map<string, PipedProcess>();
  private isClosed = false;

  constructor(private readonly pauseMs = PAUSE_MS) {}

  /** A process of the command line: the one that waits, else a new one. @throws AppError as PipedProcess */
  start(command: string, args: readonly string[], options: PipedProcessOptions): PipedProcess {
    const key = JSON.stringify([command, args, options]);
    const begin = (): PipedProcess => new PipedProcess(command, args, options);
    const standby = this.waiting.get(key);
    this.waiting.delete(key);
    const child = standby && !standby.hasEnded ? standby : begin();
    child.holdOpen(true);
    // What fails or is cut off is not worth to be started ahead.
    child.exited.then(
      (code) => void (code === 0 && setTimeout(() => this.prepare(key, begin), this.pauseMs).unref()),
      () => undefined,
    );
    return child;
  }

  /** Ends those that wait. */
  close(): void {
    this.isClosed = true;
    for (const child of this.waiting.values()) child.stop();
    this.waiting.clear();
  }

  private prepare(key: string, begin: () => PipedProcess): void {
    if (this.isClosed || this.waiting.has(key)) return;
    try {
      const child = begin();
      child.holdOpen(false);
      this.waiting.set(key, child);
    } catch {
      // Descriptors have run out: who starts the next one is told.
      return;
    }
    const [oldest] = this.waiting.keys();
    if (this.waiting.size <= MOST_WAITING || oldest === undefined) return;
    this.waiting.get(oldest)?.stop();
    this.waiting.delete(oldest);
  }
}
