import type { Response } from 'express';
import { whenWritable } from '@parlance/resilience';

/** Server-sent events of one answer. Headers go out with the first event, so that a fault before it still has its status. */
export class EventStream {
  /** One wait for room, however many events are written meanwhile. */
  private room: Promise<void> | undefined;

  constructor(private readonly response: Response) {}

  get hasBegun(): boolean {
    return this.response.headersSent;
  }

  /** Resolves when the client takes more, or has gone. */
  async send(event: object): Promise<void> {
    const { response } = this;
    if (!response.headersSent) {
      response.setHeader('content-type', 'text/event-stream; charset=utf-8');
      response.setHeader('cache-control', 'no-store');
      response.setHeader('x-accel-buffering', 'no');
    }
    if (response.destroyed || response.writableEnded) return;
    if (response.write(`data: ${JSON.stringify(event)}\n\n`)) return;
    this.room ??= whenWritable(response).finally(() => (this.room = undefined));
    await this.room;
  }
}
