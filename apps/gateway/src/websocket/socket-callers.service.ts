import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Scope } from '@parlance/contracts';
import { Admissions } from '../auth/admissions.service.js';
import { Authenticator } from '../auth/authenticator.service.js';
import { requireScope, type Caller } from '../auth/caller.js';
import { KEY_PROTOCOLS, offeredSubprotocols } from './admitted-sockets.js';
import type { SocketOpening } from './socket-opening.js';

/** Knows who opens a socket. Keys and tokens come in the Authorization header or, from browsers, as the subprotocol after `token` or
 *  `bearer`, or in the query. */
@Injectable()
export class SocketCallers {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly admissions: Admissions,
  ) {}

  /** Finds the caller and holds one of its tenant's slots until the opening ends, when its token expires at the latest.
   *  @param key  where the API has a way of its own to send it
   *  @throws AppError auth.missing_token, auth.invalid_token, auth.expired_token, auth.forbidden, quota.*, learner.erased */
  async enter(
    request: IncomingMessage,
    url: URL,
    opening: SocketOpening,
    scope: Scope,
    key?: string,
  ): Promise<Caller> {
    const caller = await this.callerOf(request, url, key);
    requireScope(caller, scope);
    opening.atEnd(await this.admissions.admit(caller, 'stream'));
    opening.limitTo(caller);
    return caller;
  }

  private async callerOf({ headers }: IncomingMessage, url: URL, key?: string): Promise<Caller> {
    if (headers.authorization) return this.authenticator.authenticateHeader(headers.authorization);
    const [scheme, token] = offeredSubprotocols(headers);
    const offered = key ?? (KEY_PROTOCOLS.includes(scheme ?? '') ? token : undefined);
    return this.authenticator.authenticate(offered ?? url.searchParams.get('token') ?? undefined);
  }
}
