import type { RealtimeEvent } from '@parlance/contracts';
import type { AppError } from '@parlance/errors';

/** Stands for the socket of a client of `/v1/realtime`: hands frames over one by one, keeps what is sent. */
export class FrameSocket {
  readonly requestId = 'r';
  readonly sent: RealtimeEvent[] = [];
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

  async send(event: RealtimeEvent): Promise<void> {
    if (!this.isClosed) this.sent.push(event);
  }

  fail(error: AppError): void {
    if (!this.isClosed) this.failed.push(error.code);
    this.end.abort();
  }

  async report(error: AppError): Promise<void> {
    this.failed.push(error.code);
  }

  leave(): void {
    this.end.abort();
  }

  async frame(data: object | string | Buffer): Promise<void> {
    const onFrame = await this.listening.promise;
    const isRaw = typeof data === 'string' || Buffer.isBuffer(data);
    try {
      await onFrame(Buffer.from(isRaw ? data : JSON.stringify(data)), Buffer.isBuffer(data));
    } catch (error) {
      this.fail(error as AppError);
    }
  }

  faults(): string[] {
    return this.sent.flatMap((event) => (event.type === 'error' ? [event.error.code] : []));
  }
}
