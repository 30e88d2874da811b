import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Scope } from '@parlance/contracts';
import { Admissions } from '../auth/admissions.service.js';
import { Authenticator, keyOfHeader } from '../auth/authenticator.service.js';
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
   *  @throws AppError auth.missing_token, auth.invalid_token, auth.expired_token, auth.forbidden, quota.*, learner.erased */
  async enter(request: IncomingMessage, url: URL, opening: SocketOpening, scope: Scope): Promise<Caller> {
    const caller = await this.find(socketKeyOf(request, url));
    await this.admit(caller, opening, scope);
    return caller;
  }

  /** As `Authenticator.authenticate`. */
  find(key: string | undefined): Promise<Caller> {
    return this.authenticator.authenticate(key);
  }

  /** Holds a slot for a caller who is known, as `enter`. */
  async admit(caller: Caller, opening: SocketOpening, scope: Scope): Promise<void> {
    requireScope(caller, scope);
    opening.atEnd(await this.admissions.admit(caller, 'stream'));
    opening.limitTo(caller);
  }
}

/** The key or token that opens a socket. @param own  sent in a way of the API's own
 *  @throws AppError auth.invalid_token */
export function socketKeyOf({ headers }: IncomingMessage, url: URL, own?: string): string | undefined {
  if (headers.authorization) return keyOfHeader(headers.authorization);
  const [scheme, token] = offeredSubprotocols(headers);
  const offered = own ?? (KEY_PROTOCOLS.includes(scheme ?? '') ? token : undefined);
  return offered ?? url.searchParams.get('token') ?? undefined;
}
