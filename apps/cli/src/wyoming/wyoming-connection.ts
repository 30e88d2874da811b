import { once } from 'node:events';
import type { Socket } from 'node:net';
import { AppError, clientGone, toAppError } from '@parlance/errors';
import { wyomingFault, type WyomingGateway } from './wyoming-gateway.js';
import { wyomingFrame, WyomingReader, type WyomingFrameLimits } from './wyoming-reader.js';
import { WyomingSession } from './wyoming-session.js';
import type { WyomingSend } from './wyoming-speech.js';
import type { WyomingTranscriptionLimits } from './wyoming-transcription.js';

/** What one connection may do. */
export interface WyomingConnectionLimits extends WyomingTranscriptionLimits {
  readonly frame: WyomingFrameLimits;
  /** How long nothing may come, and how long a client may not read. */
  readonly idleMs: number;
  /** How long a client has to read why its connection ends. */
  readonly lingerMs: number;
}

export interface WyomingConnectionOptions {
  readonly gateway: WyomingGateway;
  readonly limits: WyomingConnectionLimits;
  readonly model: string | undefined;
  readonly voice: string;
  /** Told of every fault that ends a connection, with the client's address. */
  readonly report: (fault: AppError, client: string) => void;
}

/** One client's connection. Any fault is told by an `error` event and ends it: clients such as Home Assistant's read on until
 *  they get what they asked for, or the connection ends. */
export class WyomingConnection {
  private readonly gone = new AbortController();
  private readonly client: string;
  private isEnding = false;
  private isWorking = false;

  constructor(
    private readonly socket: Socket,
    private readonly options: WyomingConnectionOptions,
  ) {
    this.client = `${socket.remoteAddress}:${socket.remotePort}`;
    // What follows from a lost connection is told by `close`.
    socket.on('error', () => undefined);
    socket.once('close', () => this.gone.abort(clientGone()));
    socket.setTimeout(options.limits.idleMs, () => this.onSilence());
  }

  /** Handles events until the client or a fault ends the connection. */
  async serve(): Promise<void> {
    const { gateway, limits, model, voice } = this.options;
    const session = new WyomingSession({
      ...{ gateway, limits, model, voice, send: this.send },
      onFault: (fault) => this.fail(fault),
      signal: this.gone.signal,
    });
    try {
      await this.handleEvents(session);
    } catch (error) {
      this.fail(toAppError(error));
    } finally {
      session.close();
    }
    this.end();
    // What the client still sends is read and dropped: an answer that it has not read yet would be lost otherwise.
    this.socket.resume();
  }

  /** Tells the client what is wrong and ends the connection. */
  fail(fault: AppError): void {
    if (this.isEnding || this.socket.destroyed) return;
    if (fault.code !== 'request.cancelled') this.options.report(fault, this.client);
    this.socket.write(wyomingFrame('error', wyomingFault(fault)));
    this.end();
  }

  /** Nothing is read while an event is handled, so that a client is held back to what the gateway can do. */
  private async handleEvents(session: WyomingSession): Promise<void> {
    const reader = new WyomingReader(this.options.limits.frame);
    for await (const bytes of this.socket.iterator({ destroyOnReturn: false })) {
      for (const event of reader.push(bytes as Buffer)) {
        if (this.isEnding) return;
        this.isWorking = true;
        await session.handle(event);
        this.isWorking = false;
      }
    }
    if (reader.isMidEvent) throw new AppError('request.invalid', 'The connection ended within an event.');
  }

  private readonly send: WyomingSend = async (type, data, payload) => {
    if (this.isEnding || this.socket.destroyed) throw clientGone();
    if (this.socket.write(wyomingFrame(type, data, payload))) return;
    await once(this.socket, 'drain', { signal: this.gone.signal });
  };

  private onSilence(): void {
    // It waits for us.
    if (this.isWorking && !this.socket.writableNeedDrain) {
      this.socket.setTimeout(this.options.limits.idleMs);
      return;
    }
    const what = this.socket.writableNeedDrain ? 'read' : 'sent';
    const seconds = this.options.limits.idleMs / 1_000;
    this.fail(new AppError('stream.idle_timeout', `Nothing was ${what} for ${seconds} s.`));
  }

  private end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.socket.end();
    const timer = setTimeout(() => this.socket.destroy(), this.options.limits.lingerMs);
    this.socket.once('close', () => clearTimeout(timer));
  }
}
