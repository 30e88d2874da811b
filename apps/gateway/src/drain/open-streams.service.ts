import { Injectable } from '@nestjs/common';
import { AppError } from '#libs/errors';

/** A stream that can be asked to come to its end: what was said is still heard out. */
export interface Drainable {
  drain(): void;
}

/** The live streams of this replica, on whichever door. */
@Injectable()
export class OpenStreams {
  private readonly streams = new Set<Drainable>();
  private isDraining = false;
  private emptied: () => void = () => undefined;

  get accepts(): boolean {
    return !this.isDraining;
  }

  /**
   * @returns to be called when the stream has ended
   * @throws AppError service.draining
   */
  add(stream: Drainable): () => void {
    if (this.isDraining) throw draining();
    this.streams.add(stream);
    return () => {
      this.streams.delete(stream);
      if (this.streams.size === 0) this.emptied();
    };
  }

  /** Takes no more streams and ends the open ones; resolves when none is left, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.isDraining = true;
    for (const stream of this.streams) stream.drain();
    if (this.streams.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.emptied = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** What a stream cut by a drain ends with. */
export function draining(): AppError {
  return new AppError('service.draining', 'This server is shutting down; open a new stream.');
}
