import { rankOf, type JobPriority } from './protocol.js';

/**
 * One run at a time in a worker, the most urgent waiter next: a live final overtakes a recording between two runs
 * without either knowing of the other.
 */
export class RunGate {
  private busy = false;
  private readonly waiting: { readonly rank: number; readonly go: () => void }[] = [];

  async pass<T>(priority: JobPriority, run: () => T | Promise<T>): Promise<T> {
    await this.enter(rankOf(priority));
    try {
      return await run();
    } finally {
      this.leave();
    }
  }

  private enter(rank: number): Promise<void> {
    if (!this.busy) {
      this.busy = true;
      return Promise.resolve();
    }
    return new Promise((go) => {
      const behind = this.waiting.findIndex((other) => other.rank > rank);
      this.waiting.splice(behind === -1 ? this.waiting.length : behind, 0, { rank, go });
    });
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next.go();
    else this.busy = false;
  }
}
