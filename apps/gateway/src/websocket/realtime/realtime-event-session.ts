import { AppError, toAppError } from '@parlance/errors';
import { readJson, type ClientSocket } from '../client-socket.js';
import { MessageSession } from '../message-session.js';
import { eventIdOf } from './realtime-message.js';
import { errorEvent } from './realtime-view.js';

/** One socket of `/v1/realtime`, whatever its session is for: its events, one after the other. One at fault is answered by an `error` and
 *  changes nothing else. */
export abstract class RealtimeEventSession<
  Running extends { abandon(): Promise<void>; end(): Promise<void> },
> extends MessageSession<Running> {
  protected constructor(private readonly idleMs: number) {
    super();
  }

  protected async greet(client: ClientSocket): Promise<void> {
    await this.begin(client);
    this.restartIdle();
  }

  protected async handle(data: Buffer, isBinary: boolean): Promise<void> {
    const { running } = this;
    if (!running || this.isDraining) return;
    this.stopWaiting();
    let source: string | undefined;
    try {
      if (isBinary)
        throw new AppError('request.invalid', 'A binary frame is no event; send audio in base64.');
      const json = readJson(data);
      source = eventIdOf(json);
      await this.answer(running, json);
    } catch (error) {
      if (toAppError(error).code === 'internal.unexpected') throw error;
      await this.client?.send(errorEvent(error, source));
    } finally {
      this.restartIdle();
    }
  }

  protected async endRunning(): Promise<void> {
    await this.running?.end();
  }

  /** Makes what runs, and greets the client. */
  protected abstract begin(client: ClientSocket): Promise<void>;

  /** @param event  as the client sent it @throws AppError what is at fault */
  protected abstract answer(running: Running, event: unknown): Promise<void>;

  private restartIdle(): void {
    const text = 'Nothing was sent for too long; append audio.';
    this.waitFor(this.idleMs, new AppError('stream.idle_timeout', text));
  }
}
