import { ulid } from 'ulid';
import { AppError, toAppError } from '@parlance/errors';
import { runIn, type Context } from '@parlance/telemetry';
import { atExpiry, type Caller } from '../auth/caller.js';
import type { OpenCall } from '../drain/open-calls.service.js';
import type { ClientSocket } from './client-socket.js';

/** What runs on a socket, from its admission to its end. */
export interface SocketSession extends OpenCall {
  /** Gets all the session needs, before there is a socket. @throws AppError what keeps the socket from being opened */
  admit(): Promise<void>;
  /** Releases what was admitted: the client has left. */
  abandon(): void;
  /** Runs until both sides are done. Never rejects: the client gets the fault. */
  run(client: ClientSocket): Promise<void>;
}

/** A client's request for a socket, from its arrival to the end of its session; releases what it acquired, once, however it ends. */
export class SocketOpening {
  readonly requestId = ulid();
  private fault: AppError | undefined;
  private expired: AppError | undefined;
  private session: SocketSession | undefined;
  private client: ClientSocket | undefined;
  private context: Context | undefined;
  private isOver = false;
  private readonly releases: (() => void)[] = [];

  /** Called once when all is over. */
  atEnd(release: () => void): void {
    if (this.isOver) release();
    else this.releases.push(release);
  }

  /** Ends the socket when its caller's token expires: what was said until then is worked off, as where a client leaves. */
  limitTo(caller: Caller): void {
    this.atEnd(
      atExpiry(caller, (fault) => {
        this.expired = fault;
        this.client?.fail(fault);
      }),
    );
  }

  /** Sets the session that is to be admitted. */
  begin(session: SocketSession): void {
    this.session = session;
    if (this.isOver) session.abandon();
  }

  /** @returns the fault as the client gets it */
  refuse(error: unknown): AppError {
    this.fault = toAppError(error);
    this.end();
    return this.fault;
  }

  /** Its session is admitted. @param context  what the session runs in */
  admitted(context: Context): void {
    this.context = context;
  }

  /** The client has left before its socket was open. */
  abandon(): void {
    this.session?.abandon();
    this.end();
  }

  /** Runs the session on its socket, or tells why there is none. */
  run(client: ClientSocket): void {
    const { session, context, fault } = this;
    if (fault || !session || !context)
      return client.fail(fault ?? new AppError('internal.unexpected', 'The socket was not admitted.'));
    this.client = client;
    // While it was being opened.
    if (this.expired) client.fail(this.expired);
    void runIn(context, () => session.run(client))
      .catch((error: unknown) => client.fail(error))
      .finally(() => this.end());
  }

  private end(): void {
    this.isOver = true;
    for (const release of this.releases.splice(0)) release();
  }
}
