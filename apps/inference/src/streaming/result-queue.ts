/**
 * Values for one reader, who may start late. The producer learns whether somebody reads, so that it need not
 * make what only matters at once.
 */
export class ResultQueue<T> implements AsyncIterable<T> {
  private readonly begun = Promise.withResolvers<void>();
  private waiting: T[] = [];
  private failure: { readonly error: unknown } | undefined;
  private isOver = false;
  private hasReader = false;
  private wake: () => void = () => undefined;

  constructor() {
    // It may be that nobody waits for the reader.
    this.begun.promise.catch(() => undefined);
  }

  get isRead(): boolean {
    return this.hasReader;
  }

  /** Resolves when somebody begins to read, or the queue is abandoned. @throws the reason it was abandoned for */
  get reading(): Promise<void> {
    return this.begun.promise;
  }

  /** Dropped once the queue is over. */
  push(value: T): void {
    if (this.isOver) return;
    this.waiting.push(value);
    this.wake();
  }

  /** Ends the queue: the reader ends after the waiting values. */
  end(): void {
    this.isOver = true;
    this.wake();
  }

  /** Ends the queue: the reader throws `error` after the waiting values. */
  fail(error: unknown): void {
    if (!this.isOver) this.failure = { error };
    this.end();
  }

  /** Drops what waits and ends.
   *  @param reason  thrown to whoever waits for a reader; nothing when left out */
  abandon(reason?: unknown): void {
    this.waiting = [];
    if (reason === undefined) this.begun.resolve();
    else this.begun.reject(reason);
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    this.hasReader = true;
    this.begun.resolve();
    for (;;) {
      const [value] = this.waiting.splice(0, 1);
      if (value !== undefined) yield value;
      else if (this.failure) throw this.failure.error;
      else if (this.isOver) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
