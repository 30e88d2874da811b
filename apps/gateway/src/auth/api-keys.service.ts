import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type ApiKeyHash, type GatewayConfig } from '../gateway.config.js';

/** Knows tenants by their keys; the configuration has the SHA-256 of each, never the key itself. Every configured hash is compared, each in constant time. */
@Injectable()
export class ApiKeys {
  private readonly keys: readonly ApiKeyHash[];

  constructor(@Inject(GATEWAY_CONFIG) { tenants }: Pick<GatewayConfig, 'tenants'>) {
    this.keys = tenants.keys;
  }

  /** The tenant whose key this is; undefined where it is nobody's. */
  tenantOf(key: string): string | undefined {
    const hash = createHash('sha256').update(key).digest();
    let tenant: string | undefined;
    for (const known of this.keys) if (timingSafeEqual(known.hash, hash)) tenant = known.tenant;
    return tenant;
  }
}
