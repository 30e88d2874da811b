import { atMost } from './deadline.js';

/** A share of each pause that is random, so that replicas do not work at the same moment. */
const JITTER = 0.5;
/** After failures in a row a pause grows to this, unless the work says otherwise. */
const LONGEST_PAUSE_MS = 15_000;
/** What a run gets to end at a shutdown: a store that stands still is not waited for. */
const LAST_RUN_MS = 3_000;

export interface PeriodicWorkOptions {
  /** From the end of a run to the beginning of the next, milliseconds; a quarter more or less by chance. */
  readonly everyMs: number;
  /** Until the first run, where it is another time than between two. */
  readonly firstMs?: number;
  /** Each failure in a row doubles the pause, up to this. Where `everyMs` is longer, failures change nothing. */
  readonly longestMs?: number;
  /** Told of each run that threw. Once the work is stopped nobody is told: whoever starts next does it again. */
  readonly onFailure: (error: unknown) => void;
}

/** Work that a service does again and again, one run at a time. A run that throws is tried again after a pause. Its timers do not keep
 *  a process alive. */
export class PeriodicWork {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isAskedFor = false;
  private failures = 0;

  constructor(
    private readonly run: () => Promise<unknown>,
    private readonly options: PeriodicWorkOptions,
  ) {}

  /** Aborted when the work is to stop: a long run looks at it, or hands it on. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Runs after the first pause, and goes on until it is stopped. */
  start(): void {
    this.plan(this.options.firstMs ?? this.pauseMs());
  }

  /** Runs without a pause, and after that as before; what is asked for during a run follows it.
   *  @returns when no run is asked for any more; it never rejects */
  async runNow(): Promise<void> {
    if (this.signal.aborted) return;
    this.isAskedFor = true;
    clearTimeout(this.timer);
    await (this.running ??= this.runWhileAsked());
  }

  /** Begins no run any more, and waits for the one in hand, but not long. @returns whether it has ended */
  async stop(limitMs = LAST_RUN_MS): Promise<boolean> {
    this.stopping.abort();
    clearTimeout(this.timer);
    return this.running === undefined || (await atMost(limitMs, this.running));
  }

  private plan(pauseMs: number): void {
    clearTimeout(this.timer);
    if (this.signal.aborted || this.running) return;
    this.timer = setTimeout(() => void this.runNow(), pauseMs).unref();
  }

  private pauseMs(): number {
    const { everyMs, longestMs = LONGEST_PAUSE_MS } = this.options;
    const pauseMs = Math.min(everyMs * 2 ** this.failures, Math.max(everyMs, longestMs));
    return pauseMs * (1 - JITTER / 2 + JITTER * Math.random());
  }

  private async runWhileAsked(): Promise<void> {
    while (this.isAskedFor && !this.signal.aborted) {
      this.isAskedFor = false;
      await this.attempt();
    }
    this.running = undefined;
    this.plan(this.pauseMs());
  }

  private async attempt(): Promise<void> {
    try {
      await this.run();
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      if (!this.signal.aborted) this.options.onFailure(error);
    }
  }
}
