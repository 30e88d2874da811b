import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** A slot of something that has a number of them. */
export interface WantedSlot {
  readonly name: string;
  readonly most: number;
  /** How many are used on other replicas. */
  readonly elsewhere: number;
  /** Makes the fault where all are used. */
  readonly refuse: () => AppError;
}

/** Bounds what one tenant may have open at once on this replica, so that none starves the others; and its streams, those of its keys
 *  and of its learners, where they are limited. */
@Injectable()
export class TenantSlots {
  private readonly open = new Map<string, number>();
  private readonly perTenant: number;

  constructor(@Inject(GATEWAY_CONFIG) { tenants }: Pick<GatewayConfig, 'tenants'>) {
    this.perTenant = tenants.maxOpenRequests;
  }

  /**
   * Acquires one of the tenant's slots and those that are wanted beside it, all or none.
   * @returns a function that releases them; only the first call counts
   * @throws AppError quota.exceeded, and what the wanted ones refuse by
   */
  acquire(tenant: string, wanted: readonly WantedSlot[] = []): () => void {
    const refuse = () =>
      new AppError('quota.exceeded', `At most ${this.perTenant} requests may be open at once.`, {
        retryAfterSeconds: 1,
      });
    const slots = [{ name: tenant, most: this.perTenant, elsewhere: 0, refuse }, ...wanted];
    for (const slot of slots) if (this.openOf(slot.name) + slot.elsewhere >= slot.most) throw slot.refuse();
    for (const { name } of slots) this.open.set(name, this.openOf(name) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      for (const { name } of slots) this.release(name);
    };
  }

  /** How many slots are used. */
  openOf(name: string): number {
    return this.open.get(name) ?? 0;
  }

  private release(name: string): void {
    const left = this.openOf(name) - 1;
    if (left > 0) this.open.set(name, left);
    else this.open.delete(name);
  }
}
