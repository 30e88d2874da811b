import type { WebSocket } from 'ws';
import { AppError, errorRow, toAppError, toErrorBody } from '@parlance/errors';
import type { Logger } from '@parlance/telemetry';

const PING_EVERY_MS = 20_000;
/** A socket that is not read shows only by a failed write that its client has gone. */
const PROBE_EVERY_MS = 400;
/** Frames taken from the client but not yet passed on; beyond this the socket is not read. */
const MAX_INBOUND = 4;
const BYTES_PER_SAMPLE = 2;

/** The event by which an API tells a fault. */
export type FaultView = (fault: AppError, requestId: string) => object;

/** Our own APIs' event. */
export function faultEvent(fault: AppError, requestId: string): object {
  return { type: 'error', ...toErrorBody(fault, requestId) };
}

/** The event of `/v1/listen` and `/v1/speak`: Deepgram's fields beside our own. */
export function listenFaultEvent(fault: AppError, requestId: string): object {
  const { code, message } = fault;
  return { type: 'Error', ...toErrorBody(fault, requestId), description: message, message, variant: code };
}

/** Handled one after the other; while some wait, the socket is not read. */
export type FrameHandler = (data: Buffer, isBinary: boolean) => Promise<void>;

/** The gateway's end of a client's socket: paces frames in both directions, checks that the client is alive, reports faults by their code. */
export class ClientSocket {
  private inbound = 0;
  private handled: Promise<void> = Promise.resolve();
  private isAlive = true;
  private readonly ping: NodeJS.Timeout;
  private probe: NodeJS.Timeout | undefined;
  private readonly end = new AbortController();

  constructor(
    private readonly socket: WebSocket,
    readonly requestId: string,
    private readonly logger: Logger,
    private readonly faultView: FaultView,
  ) {
    this.ping = setInterval(() => this.checkLife(), PING_EVERY_MS);
    socket.on('pong', () => (this.isAlive = true));
    socket.once('close', () => {
      clearInterval(this.ping);
      clearInterval(this.probe);
      this.end.abort();
    });
    // Reported by `close`, which always follows.
    socket.on('error', () => undefined);
    this.pause();
  }

  /** Fires when the socket is closed or begins to close, whoever closes it and why. */
  get over(): AbortSignal {
    return this.end.signal;
  }

  /** Starts reading. */
  listen(onFrame: FrameHandler): void {
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      // What comes behind the end is dropped, and the socket is read on for the client's answer to the close.
      if (this.isClosed) return;
      this.inbound += 1;
      if (this.inbound >= MAX_INBOUND) this.pause();
      this.handled = this.handled
        .then(() => (this.isClosed ? undefined : onFrame(data, isBinary)))
        .catch((error: unknown) => this.fail(error))
        .finally(() => {
          this.inbound -= 1;
          if (this.inbound === 0) this.resume();
        });
    });
    this.resume();
  }

  get isClosed(): boolean {
    const { readyState, CLOSING, CLOSED } = this.socket;
    return this.over.aborted || readyState === CLOSING || readyState === CLOSED;
  }

  /** Resolves when the system has taken the event, so that a client that does not read holds up its own stream only. */
  async send(event: object): Promise<void> {
    await this.sendFrame(JSON.stringify(event));
  }

  async sendBinary(bytes: Buffer): Promise<void> {
    await this.sendFrame(bytes);
  }

  /** Tells the fault's code in an event, then closes with its close code. */
  fail(error: unknown): void {
    const fault = toAppError(error);
    const isOurs = errorRow(fault.code).http >= 500;
    const line = { code: fault.code, requestId: this.requestId, ...(isOurs ? { err: error } : {}) };
    this.logger[isOurs ? 'error' : 'info'](line, 'socket ended early');
    if (this.isClosed) return;
    this.socket.send(JSON.stringify(this.faultView(fault, this.requestId)));
    this.close(errorRow(fault.code).ws, fault.code);
  }

  /** Tells the fault's code in an event; the socket stays open. @param about  further fields of the event */
  async report(error: unknown, about: object = {}): Promise<void> {
    await this.send({ ...this.faultView(toAppError(error), this.requestId), ...about });
  }

  close(code = 1000, reason = ''): void {
    if (this.isClosed) return;
    this.resume();
    this.socket.close(code, reason);
    this.end.abort();
  }

  private async sendFrame(frame: string | Buffer): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        this.over.removeEventListener('abort', finish);
        resolve();
      };
      this.over.addEventListener('abort', finish, { once: true });
      this.socket.send(frame, finish);
    });
  }

  private pause(): void {
    this.socket.pause();
    this.probe ??= setInterval(() => this.socket.ping(), PROBE_EVERY_MS);
  }

  private resume(): void {
    clearInterval(this.probe);
    this.probe = undefined;
    this.socket.resume();
  }

  private checkLife(): void {
    // A socket that is not read for want of room cannot see its pongs.
    if (!this.isAlive && !this.socket.isPaused) return this.socket.terminate();
    this.isAlive = false;
    this.socket.ping();
  }
}

/** What a text frame says. @throws AppError request.invalid where it is no JSON */
export function readJson(frame: Buffer): unknown {
  try {
    return JSON.parse(frame.toString('utf8'));
  } catch {
    throw new AppError('request.invalid', 'A text frame must be JSON.');
  }
}

/**
 * Refuses what is no 16-bit mono audio of at most `maxMs`.
 * @throws AppError audio.empty, audio.corrupt, request.too_large
 */
export function assertSamples(pcm: Buffer, maxMs: number, rateHz: number): void {
  if (pcm.length === 0) throw new AppError('audio.empty', 'A message of audio is empty.');
  if (pcm.length % BYTES_PER_SAMPLE !== 0)
    throw new AppError('audio.corrupt', 'A message of audio does not end at a whole 16-bit sample.');
  if (pcm.length > (maxMs / 1000) * rateHz * BYTES_PER_SAMPLE)
    throw new AppError('request.too_large', `A message of audio may last ${maxMs} ms.`);
}
