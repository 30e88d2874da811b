import { AppError } from '@parlance/errors';

/** A deadline that every part of the speech renews: a long text takes its time, a stuck one does not. */
export class EnginePatience {
  private readonly over = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  /** @param firstMs until the first part
   *  @param nextMs until each of the next */
  constructor(
    firstMs: number,
    private readonly nextMs: number,
  ) {
    this.wait(firstMs);
  }

  get signal(): AbortSignal {
    return this.over.signal;
  }

  renew(): void {
    this.wait(this.nextMs);
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private wait(limitMs: number): void {
    clearTimeout(this.timer);
    const fault = new AppError('request.deadline_exceeded', 'The speech took longer than its limit.');
    this.timer = setTimeout(() => this.over.abort(fault), limitMs);
  }
}
