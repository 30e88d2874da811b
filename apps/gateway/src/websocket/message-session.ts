import type { AppError } from '@parlance/errors';
import { draining } from '../drain/open-calls.service.js';
import type { ClientSocket } from './client-socket.js';
import type { SocketSession } from './socket-opening.js';

/** One socket that is open before anything runs on it: its messages, one after the other, and the conversation that they begin. */
export abstract class MessageSession<
  Conversation extends { abandon(): Promise<void> },
> implements SocketSession {
  protected client: ClientSocket | undefined;
  protected running: Conversation | undefined;
  protected isDraining = false;
  /** The message that is being handled. */
  private handled: Promise<void> = Promise.resolve();
  private patience: NodeJS.Timeout | undefined;

  /** There is nothing to wait for: what a conversation needs is acquired when one begins. */
  async admit(): Promise<void> {}

  /** Nothing was acquired. */
  abandon(): void {}

  async run(client: ClientSocket): Promise<void> {
    this.client = client;
    const over = new Promise<void>((resolve) => {
      if (client.isClosed) return resolve();
      client.over.addEventListener('abort', () => resolve(), { once: true });
    });
    await this.greet(client);
    client.listen((data, isBinary) => (this.handled = this.handle(data, isBinary)));
    if (this.isDraining) this.drain();
    await over;
    this.stopWaiting();
    // A conversation may just be beginning, or ending.
    await this.handled.catch(() => undefined);
    await this.running?.abandon();
  }

  /** What was said is still answered, and then the client goes on elsewhere. */
  drain(): void {
    this.isDraining = true;
    this.stopWaiting();
    if (!this.client) return;
    this.handled
      .catch(() => undefined)
      .then(() => this.endRunning())
      .catch(() => undefined)
      .finally(() => this.client?.fail(draining()));
  }

  cut(fault: AppError): void {
    this.client?.fail(fault);
  }

  /** Called once, before the first message. */
  protected abstract greet(client: ClientSocket): Promise<void>;

  protected abstract handle(data: Buffer, isBinary: boolean): Promise<void>;

  /** Ends what runs, and tells the client what came of it. */
  protected abstract endRunning(): Promise<void>;

  /** Ends the socket by the fault unless a message comes before. */
  protected waitFor(ms: number, fault: AppError): void {
    this.stopWaiting();
    if (this.isDraining || this.client?.isClosed) return;
    this.patience = setTimeout(() => this.client?.fail(fault), ms);
  }

  protected stopWaiting(): void {
    clearTimeout(this.patience);
  }
}
