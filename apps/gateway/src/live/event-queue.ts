import { PassThrough } from 'node:stream';

/** Events of several writers for one reader. A writer waits until the reader is done with its event, so that nothing piles up
 *  for a client that does not read. Iterate once. */
export class EventQueue<Event extends object> implements AsyncIterable<Event> {
  private readonly events = new PassThrough({ objectMode: true });
  /** Called when the reader is done with an event. */
  private readonly untold = new Map<Event, () => void>();
  private hasReader = true;

  constructor() {
    // The iterator reports it.
    this.events.on('error', () => undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    try {
      for await (const event of this.events as AsyncIterable<Event>) {
        yield event;
        this.untold.get(event)?.();
        this.untold.delete(event);
      }
    } finally {
      this.abandon();
    }
  }

  /** Resolves when the reader asks for the next event, or has left. */
  async put(event: Event): Promise<void> {
    if (!this.hasReader || !this.events.writable) return;
    await new Promise<void>((resolve) => {
      this.untold.set(event, resolve);
      this.events.write(event);
    });
  }

  /** What was put before is still read. */
  end(): void {
    this.events.end();
  }

  /** The reader gets the error in place of what it has not read. */
  fail(error: Error): void {
    this.events.destroy(error);
    this.abandon();
  }

  /** Nobody reads any more: writers go on at once. */
  abandon(): void {
    this.hasReader = false;
    for (const told of this.untold.values()) told();
    this.untold.clear();
  }
}
