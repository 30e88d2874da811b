import { rankOf, type Asker, type JobPriority } from './protocol.js';

/** After so long, what a tenant used counts half. */
const HALF_LIFE_MS = 10_000;
/** Less is forgotten. */
const FORGOTTEN_MS = 1;

interface Use {
  readonly ms: number;
  /** When it was so much. */
  readonly at: number;
}

/** How much of something each tenant had of late. */
export class TenantUse {
  private readonly uses = new Map<string, Use>();

  /** @param now  milliseconds */
  constructor(private readonly now: () => number) {}

  note(tenant: string, ms: number): void {
    const used = this.of(tenant) + ms;
    for (const other of this.uses.keys()) if (this.of(other) < FORGOTTEN_MS) this.uses.delete(other);
    this.uses.set(tenant, { ms: used, at: this.now() });
  }

  /** Milliseconds, the longer ago the less. */
  of(tenant: string): number {
    const use = this.uses.get(tenant);
    return use ? use.ms * 2 ** ((use.at - this.now()) / HALF_LIFE_MS) : 0;
  }
}

/** Of the time that finals leave, recordings that wait have so much, however much interims want. */
const RECORDINGS_SHARE = 0.25;

interface Waiter extends Asker {
  readonly go: () => void;
}

/**
 * One run at a time in a worker, the most urgent waiter next: a live final overtakes a recording between two runs without
 * either knowing of the other. Of several as urgent the tenant's goes first that had least of late while others waited, where
 * what it had counts once for each run that it has waiting: one with fifty recordings keeps nobody with a single one waiting,
 * and still gets its part. Interims give way to a recording once it is owed time, finals never.
 */
export class RunGate {
  private busy = false;
  private readonly waiting: Waiter[] = [];
  /** Time that recordings have coming for the interims that ran while they waited, milliseconds. */
  private owedMs = 0;

  private readonly use: TenantUse;

  /** @param now  milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.use = new TenantUse(now);
  }

  async pass<T>(asker: Asker, run: () => T | Promise<T>): Promise<T> {
    await this.enter(asker);
    const { priority, tenant } = asker;
    const isAhead = priority === 'bulk' && this.isWaiting('partial');
    const begun = this.now();
    try {
      return await run();
    } finally {
      const tookMs = this.now() - begun;
      // Without an interim beside it a recording takes nothing from anybody, but has had what it was owed.
      if (priority === 'bulk')
        this.owedMs = isAhead
          ? this.owedMs - tookMs
          : Math.max(Math.min(0, this.owedMs), this.owedMs - tookMs);
      else if (priority === 'partial' && this.isWaiting('bulk'))
        this.owedMs += (tookMs * RECORDINGS_SHARE) / (1 - RECORDINGS_SHARE);
      // Time that nobody waited for is nobody's loss.
      if (this.waiting.length > 0) this.use.note(tenant, tookMs);
      void this.leave();
    }
  }

  private enter({ priority, tenant }: Asker): Promise<void> {
    if (!this.busy) {
      this.busy = true;
      return Promise.resolve();
    }
    return new Promise((go) => {
      const behind = this.waiting.findIndex((other) => rankOf(other.priority) > rankOf(priority));
      this.waiting.splice(behind === -1 ? this.waiting.length : behind, 0, { priority, tenant, go });
    });
  }

  private async leave(): Promise<void> {
    // Who has just been served asks for its next run within this turn of the event loop, and may be the one to go first.
    if (this.waiting.length > 0) await new Promise(setImmediate);
    const next = this.waiting.splice(this.nextAt(), 1)[0];
    if (next) next.go();
    else this.busy = false;
  }

  /** Place of the next one among those who wait. */
  private nextAt(): number {
    const { waiting } = this;
    const first = waiting[0]?.priority;
    const isOwed = this.owedMs > 0 && first === 'partial' && this.isWaiting('bulk');
    const most = isOwed ? 'bulk' : first;
    const runs = new Map<string, number>();
    for (const { tenant, priority } of waiting)
      if (priority === most) runs.set(tenant, (runs.get(tenant) ?? 0) + 1);
    const useOf = ({ tenant }: Waiter): number => this.use.of(tenant) * (runs.get(tenant) ?? 0);
    return waiting.reduce((best, waiter, at) => {
      if (waiter.priority !== most) return best;
      const other = waiting[best];
      if (other?.priority !== most) return at;
      return useOf(waiter) < useOf(other) ? at : best;
    }, 0);
  }

  private isWaiting(priority: JobPriority): boolean {
    return this.waiting.some((waiter) => waiter.priority === priority);
  }
}
