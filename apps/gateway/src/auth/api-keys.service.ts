import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { GATEWAY_CONFIG, type ApiKeyHash, type GatewayConfig } from '../gateway.config.js';

/** Knows tenants by their keys; the configuration has the SHA-256 of each, never the key itself. Every configured hash is compared, each in constant time. */
@Injectable()
export class ApiKeys {
  private readonly keys: readonly ApiKeyHash[];

  constructor(@Inject(GATEWAY_CONFIG) { tenants }: Pick<GatewayConfig, 'tenants'>) {
    this.keys = tenants.keys;
  }

  /**
   * @param authorization  a header such as `Bearer KEY` or `Token KEY`
   * @returns the tenant
   * @throws AppError auth.missing_token, auth.invalid_token
   */
  authenticateHeader(authorization: string | undefined): string {
    const [, key] = /^(?:bearer|token)\s+(\S+)$/i.exec(authorization ?? '') ?? [];
    if (authorization && !key) {
      throw new AppError('auth.invalid_token', 'Send the API key as `Authorization: Bearer KEY`.');
    }
    return this.authenticate(key);
  }

  /** As `authenticateHeader`, for a bare key. */
  authenticate(key: string | undefined): string {
    if (!key) throw new AppError('auth.missing_token', 'An API key is needed: `Authorization: Bearer KEY`.');
    const hash = createHash('sha256').update(key).digest();
    let tenant: string | undefined;
    for (const known of this.keys) if (timingSafeEqual(known.hash, hash)) tenant = known.tenant;
    if (tenant === undefined) throw new AppError('auth.invalid_token', 'This API key is not known.');
    return tenant;
  }
}
