import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type ApiKeyHash, type GatewayConfig } from '../gateway.config.js';
import type { Caller } from './caller.js';
import { sha256 } from './key-format.js';

/** Stands for the keys of the configuration, which have no ids. */
export const CONFIGURED_KEY = 'configured';

/** Knows tenants by the keys of the configuration, which has the SHA-256 of each, never the key itself. Every configured hash is
 *  compared, each in constant time. Whoever has such a key owns the tenant: with it the tenant's own keys are made. */
@Injectable()
export class ApiKeys {
  private readonly keys: readonly ApiKeyHash[];
  private readonly installation: string | undefined;

  constructor(@Inject(GATEWAY_CONFIG) { tenants }: Pick<GatewayConfig, 'tenants'>) {
    this.keys = tenants.keys;
    this.installation = tenants.managing;
  }

  /** The caller whose key this is; undefined where it is nobody's. */
  callerOf(key: string): Caller | undefined {
    const hash = sha256(key);
    let tenant: string | undefined;
    for (const known of this.keys) if (timingSafeEqual(known.hash, hash)) tenant = known.tenant;
    if (tenant === undefined) return undefined;
    return {
      ...{ tenant, role: 'owner', key: CONFIGURED_KEY },
      ...(tenant === this.installation ? { managesInstallation: true } : {}),
    };
  }
}
