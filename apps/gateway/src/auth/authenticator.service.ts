import { Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { AccessTokens } from './access-tokens.service.js';
import { ApiKeys } from './api-keys.service.js';
import type { Caller } from './caller.js';

/** Who calls, by an API key (a tenant) or an access token (a tenant's user); the one way for every API. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly keys: ApiKeys,
    private readonly tokens: AccessTokens,
  ) {}

  /**
   * @param token  an API key or a JWT
   * @throws AppError auth.missing_token, auth.invalid_token, auth.expired_token; upstream.unavailable,
   *  request.deadline_exceeded where an issuer's keys cannot be had
   */
  async authenticate(token: string | undefined): Promise<Caller> {
    if (!token)
      throw new AppError('auth.missing_token', 'A key or token is needed: `Authorization: Bearer KEY`.');
    const tenant = this.keys.tenantOf(token);
    return tenant === undefined ? this.tokens.verify(token) : { tenant };
  }

  /** As `authenticate`. @param authorization  a header such as `Bearer KEY` or `Token KEY` */
  async authenticateHeader(authorization: string | undefined): Promise<Caller> {
    const [, token] = /^(?:bearer|token)\s+(\S+)$/i.exec(authorization ?? '') ?? [];
    if (authorization && !token)
      throw new AppError('auth.invalid_token', 'Send the key or token as `Authorization: Bearer KEY`.');
    return this.authenticate(token);
  }
}
