import { Injectable } from '@nestjs/common';
import { AppError, toAppError, toErrorBody } from '@parlance/errors';
import { ulid } from 'ulid';
import { Admissions } from '../auth/admissions.service.js';
import { Authenticator } from '../auth/authenticator.service.js';
import { requireScope } from '../auth/caller.js';
import type { VoiceIoSocket } from './event-socket.js';

/** How clients of Socket.IO get the fault of a handshake: `connect_error`, with the error in its `data`. */
export class HandshakeRefusal extends Error {
  readonly data: ReturnType<typeof toErrorBody>['error'];

  constructor(error: unknown) {
    const { error: data } = toErrorBody(toAppError(error), ulid());
    super(data.message);
    this.data = data;
  }
}

/** Lets in who may open a conversation: by an access token (or an API key), within the tenant's number of open connections. */
@Injectable()
export class VoiceHandshake {
  /** Connections that have asked: one connection is one client. */
  private readonly asked = new WeakSet<object>();

  constructor(
    private readonly authenticator: Authenticator,
    private readonly admissions: Admissions,
  ) {}

  /** Leaves the caller and the slot on the socket.
   *  @throws AppError auth.missing_token, auth.invalid_token, auth.expired_token, quota.*, learner.erased, request.invalid */
  async admit(socket: VoiceIoSocket): Promise<void> {
    const { conn } = socket;
    if (this.asked.has(conn))
      throw new AppError('request.invalid', 'This connection has asked already; open another one.');
    this.asked.add(conn);
    const principal = await this.authenticate(socket);
    requireScope(principal, 'sessions');
    const release = await this.admissions.admit(principal, 'stream');
    socket.data = { principal, release };
    // A client may leave before its socket is there: then nothing but its connection ends.
    conn.once('close', release);
    if (conn.readyState !== 'open') release();
  }

  private async authenticate({ handshake }: VoiceIoSocket) {
    const { token } = handshake.auth as { readonly token?: unknown };
    if (token === undefined) return this.authenticator.authenticateHeader(handshake.headers.authorization);
    if (typeof token !== 'string') throw new AppError('auth.invalid_token', 'auth.token: must be a text');
    return this.authenticator.authenticate(token.replace(/^Bearer\s+/i, ''));
  }
}
