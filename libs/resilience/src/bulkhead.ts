import { AppError, cancelled, type ErrorCode } from '@parlance/errors';
import { TenantShares } from './tenant-shares.js';

export interface BulkheadOptions {
  /** Calls that may run at once. */
  readonly limit: number;
  /** Calls that may wait behind them; one more is refused. */
  readonly queue: number;
  /** What a refused call gets. */
  readonly refusal: ErrorCode;
  readonly message: string;
}

interface Waiter {
  readonly tenant: string;
  start(): void;
}

/** Bounds how much of one kind of work runs and waits; says no, with a retry hint, rather than letting a queue grow. No
 *  tenant keeps the others out: each may hold its share of the slots and of the queue, and a free slot goes to the
 *  waiting tenant that has the fewest. */
export class Bulkhead {
  private readonly running: TenantShares;
  private readonly inLine: TenantShares;
  private count = 0;
  private readonly waiting: Waiter[] = [];

  constructor(private readonly options: BulkheadOptions) {
    this.running = new TenantShares(options.limit);
    this.inLine = new TenantShares(options.queue);
  }

  get active(): number {
    return this.count;
  }

  /** How many slots a tenant's work has. */
  activeOf(tenant: string): number {
    return this.running.heldBy(tenant);
  }

  get queued(): number {
    return this.waiting.length;
  }

  /** Does the work in a slot. @param tenant  whom the work is for */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal, tenant = ''): Promise<T> {
    const release = await this.acquire(signal, tenant);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Acquires a slot; the returned function releases it, once. @param tenant  whom the work is for */
  async acquire(signal?: AbortSignal, tenant = ''): Promise<() => void> {
    if (signal?.aborted) throw cancelled();
    if (this.admit(tenant) === 'run') this.start(tenant);
    else await this.wait(tenant, signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.count -= 1;
      this.running.giveBack(tenant, 1);
      this.startNext();
    };
  }

  /** Refuses what `acquire` would, before the caller prepares for it. @throws AppError of the kind of the refusal */
  refuseIfFull(tenant = ''): void {
    this.admit(tenant);
  }

  private admit(tenant: string): 'run' | 'wait' {
    const mayRun = this.running.mayHold(tenant, 1) && this.count < this.options.limit;
    // Asked in any case: it learns who uses the service.
    const mayWait = this.inLine.mayHold(tenant, 1) && this.waiting.length < this.options.queue;
    if (mayRun) return 'run';
    if (mayWait) return 'wait';
    throw new AppError(this.options.refusal, this.options.message);
  }

  private start(tenant: string): void {
    this.count += 1;
    this.running.hold(tenant, 1);
  }

  private startNext(): void {
    while (this.count < this.options.limit) {
      const next = this.next();
      if (!next) return;
      next.start();
    }
  }

  private next(): Waiter | undefined {
    const { running } = this;
    let best: Waiter | undefined;
    for (const waiter of this.waiting) {
      if (!running.mayHold(waiter.tenant, 1)) continue;
      if (!best || running.heldBy(waiter.tenant) < running.heldBy(best.tenant)) best = waiter;
    }
    return best;
  }

  private wait(tenant: string, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const remove = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        this.inLine.giveBack(tenant, 1);
        signal?.removeEventListener('abort', leave);
      };
      const leave = (): void => {
        remove();
        reject(cancelled());
      };
      const waiter: Waiter = {
        tenant,
        start: () => {
          remove();
          this.start(tenant);
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.inLine.hold(tenant, 1);
      this.waiting.push(waiter);
    });
  }
}
