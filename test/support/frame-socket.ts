import type { RealtimeEvent } from '@parlance/contracts';
import type { AppError } from '@parlance/errors';

/** Stands for a client's socket: hands frames over one by one, keeps what is sent. */
export class FrameSocket<Event extends { readonly type: string } = RealtimeEvent> {
  readonly requestId = 'r';
  readonly sent: Event[] = [];
  /** Codes of the faults after which the session went on, and of the one that ended it. */
  readonly reported: string[] = [];
  readonly failed: string[] = [];
  private readonly end = new AbortController();
  private readonly listening = Promise.withResolvers<(data: Buffer, isBinary: boolean) => Promise<void>>();
  readonly over = this.end.signal;

  get isClosed(): boolean {
    return this.over.aborted;
  }

  get types(): string[] {
    return this.sent.map(({ type }) => type);
  }

  listen(onFrame: (data: Buffer, isBinary: boolean) => Promise<void>): void {
    this.listening.resolve(onFrame);
  }

  async send(event: Event): Promise<void> {
    if (!this.isClosed) this.sent.push(event);
  }

  fail(error: AppError): void {
    if (!this.isClosed) this.failed.push(error.code);
    this.end.abort();
  }

  async report(error: AppError): Promise<void> {
    this.reported.push(error.code);
  }

  /** The client does. */
  leave(): void {
    this.end.abort();
  }

  /** @param data  an object becomes JSON, bytes are a binary frame */
  async frame(data: object | string | Buffer): Promise<void> {
    const onFrame = await this.listening.promise;
    const isRaw = typeof data === 'string' || Buffer.isBuffer(data);
    try {
      await onFrame(Buffer.from(isRaw ? data : JSON.stringify(data)), Buffer.isBuffer(data));
    } catch (error) {
      this.fail(error as AppError);
    }
  }

  /** Codes of the `error` events of `/v1/realtime`. */
  faults(): string[] {
    return (this.sent as { type: string; error?: { code: string } }[]).flatMap(({ type, error }) =>
      type === 'error' && error ? [error.code] : [],
    );
  }
}
