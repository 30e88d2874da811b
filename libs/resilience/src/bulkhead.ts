import { AppError, type ErrorCode } from '#libs/errors';

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
  start(): void;
}

/** Bounds how much of one kind of work runs and waits; says no, with a retry hint, rather than letting a queue grow. */
export class Bulkhead {
  private running = 0;
  private readonly waiting: Waiter[] = [];

  constructor(private readonly options: BulkheadOptions) {}

  get active(): number {
    return this.running;
  }

  get queued(): number {
    return this.waiting.length;
  }

  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const release = await this.acquire(signal);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Takes a place; the returned function gives it back, once. */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) throw cancelled();
    if (this.running >= this.options.limit) await this.wait(signal);
    else this.running += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.waiting.shift();
      if (next) next.start();
      else this.running -= 1;
    };
  }

  private wait(signal?: AbortSignal): Promise<void> {
    if (this.waiting.length >= this.options.queue) {
      throw new AppError(this.options.refusal, this.options.message);
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(cancelled());
      };
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiter);
    });
  }
}

function cancelled(): AppError {
  return new AppError('request.cancelled', 'The request was cancelled.');
}
