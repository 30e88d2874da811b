import { rankOf, type JobPriority } from './protocol.js';

/** Of the time that finals leave, recordings that wait have so much, however much interims want. */
const RECORDINGS_SHARE = 0.25;

interface Waiter {
  readonly priority: JobPriority;
  readonly go: () => void;
}

/**
 * One run at a time in a worker, the most urgent waiter next: a live final overtakes a recording between two runs
 * without either knowing of the other. Interims give way to a recording once it is owed time, finals never.
 */
export class RunGate {
  private busy = false;
  private readonly waiting: Waiter[] = [];
  /** Time that recordings have coming for the interims that ran while they waited, milliseconds. */
  private owedMs = 0;

  /** @param now  milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  async pass<T>(priority: JobPriority, run: () => T | Promise<T>): Promise<T> {
    await this.enter(priority);
    const isAhead = priority === 'bulk' && this.isWaiting('partial');
    const begun = this.now();
    try {
      return await run();
    } finally {
      const tookMs = this.now() - begun;
      // Without an interim beside it a recording takes nothing from anybody.
      if (isAhead) this.owedMs -= tookMs;
      else if (priority === 'partial' && this.isWaiting('bulk'))
        this.owedMs += (tookMs * RECORDINGS_SHARE) / (1 - RECORDINGS_SHARE);
      this.leave();
    }
  }

  private enter(priority: JobPriority): Promise<void> {
    if (!this.busy) {
      this.busy = true;
      return Promise.resolve();
    }
    return new Promise((go) => {
      const behind = this.waiting.findIndex((other) => rankOf(other.priority) > rankOf(priority));
      this.waiting.splice(behind === -1 ? this.waiting.length : behind, 0, { priority, go });
    });
  }

  private leave(): void {
    const next = this.waiting.splice(this.nextAt(), 1)[0];
    if (next) next.go();
    else this.busy = false;
  }

  /** Place of the next one among those who wait. */
  private nextAt(): number {
    if (this.owedMs <= 0 || this.waiting[0]?.priority !== 'partial') return 0;
    const recording = this.waiting.findIndex(({ priority }) => priority === 'bulk');
    return Math.max(0, recording);
  }

  private isWaiting(priority: JobPriority): boolean {
    return this.waiting.some((waiter) => waiter.priority === priority);
  }
}
