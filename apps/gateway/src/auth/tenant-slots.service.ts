import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** Bounds what one tenant may have open at once on this replica, so that none starves the others. */
@Injectable()
export class TenantSlots {
  private readonly open = new Map<string, number>();
  private readonly perTenant: number;

  constructor(@Inject(GATEWAY_CONFIG) { tenants }: Pick<GatewayConfig, 'tenants'>) {
    this.perTenant = tenants.maxOpenRequests;
  }

  /**
   * Acquires a slot. @returns a function that releases it; only the first call counts
   * @throws AppError quota.exceeded
   */
  acquire(tenant: string): () => void {
    const count = this.open.get(tenant) ?? 0;
    if (count >= this.perTenant) {
      throw new AppError('quota.exceeded', `At most ${this.perTenant} requests may be open at once.`, {
        retryAfterSeconds: 1,
      });
    }
    this.open.set(tenant, count + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.open.get(tenant) ?? 1) - 1;
      if (left > 0) this.open.set(tenant, left);
      else this.open.delete(tenant);
    };
  }
}
