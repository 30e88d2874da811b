import type { WebSocket } from 'ws';
import type { ListenEvent } from '#libs/contracts';
import { errorRow, toAppError, toErrorBody } from '#libs/errors';

const PING_EVERY_MS = 20_000;
/** Frames taken from the client but not yet passed on; beyond this the socket is not read. */
const MAX_INBOUND = 4;

export interface ClientFrames {
  /** Handled one after the other; while some wait, the socket is not read. */
  onFrame(data: Buffer, isBinary: boolean): Promise<void>;
  onGone(): void;
}

/** The client's end of a socket: paced in both directions, watched for life, told of faults by their code. */
export class ClientSocket {
  private inbound = 0;
  private handled: Promise<void> = Promise.resolve();
  private isAlive = true;
  private readonly ping: NodeJS.Timeout;

  constructor(
    private readonly socket: WebSocket,
    private readonly requestId: string,
  ) {
    this.ping = setInterval(() => this.checkLife(), PING_EVERY_MS);
    socket.on('pong', () => (this.isAlive = true));
    socket.once('close', () => clearInterval(this.ping));
    // Reported by `close`, which always follows.
    socket.on('error', () => undefined);
    socket.pause();
  }

  /** Starts reading. */
  listen(frames: ClientFrames): void {
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.inbound += 1;
      if (this.inbound >= MAX_INBOUND) this.socket.pause();
      this.handled = this.handled
        .then(() => frames.onFrame(data, isBinary))
        .catch((error: unknown) => this.fail(error))
        .finally(() => {
          this.inbound -= 1;
          if (this.inbound === 0 && !this.isClosed) this.socket.resume();
        });
    });
    if (this.isClosed) return frames.onGone();
    this.socket.once('close', () => frames.onGone());
    this.socket.resume();
  }

  get isClosed(): boolean {
    return this.socket.readyState === this.socket.CLOSING || this.socket.readyState === this.socket.CLOSED;
  }

  /** Resolves when the system has taken the event, so that a client that does not read holds up its own stream only. */
  async send(event: ListenEvent): Promise<void> {
    await this.sendFrame(JSON.stringify(event));
  }

  async sendBinary(bytes: Buffer): Promise<void> {
    await this.sendFrame(bytes);
  }

  /** Tells the fault's code in an event, then closes with its close code. */
  fail(error: unknown): void {
    if (this.isClosed) return;
    const fault = toAppError(error);
    const { error: body } = toErrorBody(fault, this.requestId);
    const event: ListenEvent = { type: 'Error', error: body };
    this.socket.send(JSON.stringify(event));
    this.close(errorRow(fault.code).ws, fault.code);
  }

  close(code = 1000, reason = ''): void {
    this.socket.resume();
    this.socket.close(code, reason);
  }

  private async sendFrame(frame: string | Buffer): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => this.socket.send(frame, () => resolve()));
  }

  private checkLife(): void {
    // A socket that is not read for want of room cannot see its pongs.
    if (!this.isAlive && !this.socket.isPaused) return this.socket.terminate();
    this.isAlive = false;
    this.socket.ping();
  }
}
