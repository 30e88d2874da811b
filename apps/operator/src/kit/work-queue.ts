export interface WorkQueueOptions {
  /** First pause after a failure; each further one of the same key is twice as long. */
  readonly firstRetryMs?: number;
  readonly longestRetryMs?: number;
  /** Retries that all keys together may begin in a second. */
  readonly retriesPerSecond?: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Keys to be worked on: one at a time for each key, each at most once in the queue, and later again after a failure. */
export class WorkQueue {
  private readonly waiting = new Set<string>();
  private readonly active = new Set<string>();
  private readonly again = new Set<string>();
  private readonly failures = new Map<string, number>();
  private readonly timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>();
  private readonly idle: (() => void)[] = [];
  private readonly now: () => number;
  private readonly random: () => number;
  private readonly firstRetryMs: number;
  private readonly longestRetryMs: number;
  private readonly retryGapMs: number;
  private nextRetryAt = 0;
  private isClosed = false;

  constructor(options: WorkQueueOptions = {}) {
    this.now = options.now ?? Date.now;
    this.random = options.random ?? Math.random;
    this.firstRetryMs = options.firstRetryMs ?? 100;
    this.longestRetryMs = options.longestRetryMs ?? 60_000;
    this.retryGapMs = 1000 / (options.retriesPerSecond ?? 20);
  }

  get size(): number {
    return this.waiting.size;
  }

  /** Work to do at once; while the key is worked on, once more after that. */
  add(key: string): void {
    if (this.isClosed) return;
    if (this.active.has(key)) {
      this.again.add(key);
      return;
    }
    this.waiting.add(key);
    this.idle.shift()?.();
  }

  /** Work to do later; an earlier time that was asked for stays. */
  addAfter(key: string, delayMs: number): void {
    if (this.isClosed) return;
    const at = this.now() + delayMs;
    const planned = this.timers.get(key);
    if (planned && planned.at <= at) return;
    clearTimeout(planned?.timer);
    const timer = setTimeout(() => {
      this.timers.delete(key);
      this.add(key);
    }, delayMs);
    timer.unref();
    this.timers.set(key, { timer, at });
  }

  /** Work that failed, again after a pause that grows; returns the pause.
   *  @param leastMs  what the server asked to wait */
  retry(key: string, leastMs = 0): number {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    const backoff = Math.min(this.longestRetryMs, this.firstRetryMs * 2 ** Math.min(failures, 30));
    // Keys that failed together come back apart.
    const jittered = backoff * (0.75 + this.random() / 2);
    const now = this.now();
    const slot = Math.max(now, this.nextRetryAt);
    this.nextRetryAt = slot + this.retryGapMs;
    const delayMs = Math.max(leastMs, jittered, slot - now);
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** The key's work succeeded: its next failure counts as the first. */
  forget(key: string): void {
    this.failures.delete(key);
  }

  /** @returns the next key, undefined when the queue was closed */
  async next(): Promise<string | undefined> {
    for (;;) {
      if (this.isClosed) return undefined;
      const [key] = this.waiting;
      if (key !== undefined) {
        this.waiting.delete(key);
        this.active.add(key);
        return key;
      }
      await new Promise<void>((resolve) => this.idle.push(resolve));
    }
  }

  /** The key's work has ended, one way or the other. */
  done(key: string): void {
    this.active.delete(key);
    if (this.again.delete(key)) this.add(key);
  }

  close(): void {
    this.isClosed = true;
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.waiting.clear();
    for (const wake of this.idle.splice(0)) wake();
  }
}
