import { Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { AccessTokens } from './access-tokens.service.js';
import { ApiKeys } from './api-keys.service.js';
import type { Caller } from './caller.js';
import { isClientSecret } from './key-format.js';
import { StoredKeys } from './stored-keys.service.js';

/** Who calls, by an API key (a tenant) or an access token (a tenant's user); the one way for every API. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly keys: ApiKeys,
    private readonly storedKeys: StoredKeys,
    private readonly tokens: AccessTokens,
  ) {}

  /**
   * @param token  an API key or a JWT
   * @throws AppError auth.missing_token, auth.invalid_token, auth.expired_token; upstream.unavailable,
   *  request.deadline_exceeded where an issuer's keys cannot be had, store.unavailable where a key of a tenant's own cannot
   *  be looked up
   */
  async authenticate(token: string | undefined): Promise<Caller> {
    if (!token)
      throw new AppError('auth.missing_token', 'A key or token is needed: `Authorization: Bearer KEY`.');
    if (isClientSecret(token))
      throw new AppError('auth.invalid_token', 'A client secret opens /v1/realtime and nothing else.');
    return (
      this.keys.callerOf(token) ??
      (await this.storedKeys.callerOf(token)) ??
      (await this.tokens.verify(token))
    );
  }

  /** As `authenticate`. @param authorization  a header such as `Bearer KEY` or `Token KEY` */
  async authenticateHeader(authorization: string | undefined): Promise<Caller> {
    return this.authenticate(keyOfHeader(authorization));
  }
}

/** The key or token that a header such as `Bearer KEY` has. @throws AppError auth.invalid_token where it has none */
export function keyOfHeader(authorization: string | undefined): string | undefined {
  const [, token] = /^(?:bearer|token)\s+(\S+)$/i.exec(authorization ?? '') ?? [];
  if (authorization && !token)
    throw new AppError('auth.invalid_token', 'Send the key or token as `Authorization: Bearer KEY`.');
  return token;
}
