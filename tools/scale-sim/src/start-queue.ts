import type { EventQueue } from './event-queue.js';
import type { Fleet } from './fleet.js';

interface WaitingStart {
  readonly since: number;
  readonly durationSeconds: number;
  isWaiting: boolean;
}

/** Streams that want to start: those that find no slot wait in order, and are refused when they have waited too long. */
export class StartQueue {
  tried = 0;
  refused = 0;
  waiting = 0;
  private line: WaitingStart[] = [];
  private waits: number[] = [];
  private admittedAtOnce = 0;

  constructor(
    private readonly queue: EventQueue,
    private readonly fleet: Fleet,
    private readonly patienceSeconds: number,
  ) {}

  start(durationSeconds: number): void {
    this.tried += 1;
    if (this.waiting === 0 && this.admit(durationSeconds)) {
      this.admittedAtOnce += 1;
      return;
    }
    if (this.patienceSeconds === 0) {
      this.refused += 1;
      return;
    }
    const start = { since: this.queue.now, durationSeconds, isWaiting: true };
    this.line.push(start);
    this.waiting += 1;
    if (Number.isFinite(this.patienceSeconds))
      this.queue.schedule(this.patienceSeconds, () => {
        if (!start.isWaiting) return;
        start.isWaiting = false;
        this.waiting -= 1;
        this.refused += 1;
      });
  }

  /** A slot is free. */
  retry(): void {
    while (this.line.length > 0) {
      const first = this.line[0]!;
      if (first.isWaiting) {
        if (!this.admit(first.durationSeconds)) return;
        first.isWaiting = false;
        this.waiting -= 1;
        this.waits.push(this.queue.now - first.since);
      }
      this.line.shift();
    }
  }

  resetWaits(): void {
    this.waits = [];
    this.admittedAtOnce = 0;
  }

  /** The wait that a share of the admitted streams stayed within. */
  waitQuantile(share: number): number {
    const rank = Math.ceil(share * (this.admittedAtOnce + this.waits.length)) - this.admittedAtOnce;
    return rank <= 0 ? 0 : this.waits.toSorted((a, b) => a - b)[rank - 1]!;
  }

  /** Share of the admitted streams that waited, and how long all waited on average. */
  waitFigures(): { readonly shareWaiting: number; readonly meanSeconds: number } {
    const admitted = this.admittedAtOnce + this.waits.length;
    const total = this.waits.reduce((sum, wait) => sum + wait, 0);
    return { shareWaiting: this.waits.length / admitted, meanSeconds: total / admitted };
  }

  private admit(durationSeconds: number): boolean {
    const pod = this.fleet.admit();
    if (!pod) return false;
    this.queue.schedule(durationSeconds, () => this.fleet.release(pod));
    return true;
  }
}
