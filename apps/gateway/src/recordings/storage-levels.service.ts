import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ObjectStore } from '@parlance/messaging';
import { ALL_DAYS, UsageLedger } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { SessionLeases } from './session-leases.service.js';
import { isCounted, storedOf } from './stored-bytes.service.js';

/** Between two counts of a tenant's objects; sooner where its space seems to be used up. */
const RECOUNT_MS = 3_600_000;
const REFUSED_MS = 60_000;
/** For one replica's correction to be known to the others. */
const CLAIM_MS = 30_000;
const MOST_TENANTS = 10_000;

/** Corrects what is counted as stored by what is stored: objects of earlier releases, and those that the store has let expire, are
 *  counted by nobody else. */
@Injectable()
export class StorageLevels {
  private readonly checkedAt = new LRUCache<string, number>({ max: MOST_TENANTS });

  constructor(
    private readonly objects: ObjectStore,
    private readonly leases: SessionLeases,
    private readonly ledger: UsageLedger,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Has the tenant's objects counted where that is due; nobody waits for it. */
  check(tenant: string, isUsedUp: boolean, now = Date.now()): void {
    const sinceMs = now - (this.checkedAt.get(tenant) ?? -Infinity);
    if (sinceMs < (isUsedUp ? REFUSED_MS : RECOUNT_MS)) return;
    this.checkedAt.set(tenant, now);
    this.correct(tenant).catch((error: unknown) => {
      this.logger.warn(
        { err: error, tenant },
        'what a tenant has stored could not be counted, trying again later',
      );
    });
  }

  /** By one replica at a time. @throws AppError store.unavailable */
  async correct(tenant: string): Promise<void> {
    if (!(await this.leases.claim(`storage-level:${tenant}`, CLAIM_MS))) return;
    const row = { tenant, scope: 'tenant', id: '', day: ALL_DAYS } as const;
    await this.ledger.watch([row]);
    let bytes = 0;
    for (const prefix of storedOf(tenant))
      for await (const object of this.objects.list(prefix))
        if (isCounted(object.key)) bytes += object.bytes;
    // With what other replicas have counted meanwhile.
    await this.ledger.flush();
    const { storedBytes = 0, deletedBytes = 0 } = this.ledger.used(row);
    const missing = bytes - (storedBytes - deletedBytes);
    if (missing === 0) return;
    this.ledger.countRow(row, missing > 0 ? { storedBytes: missing } : { deletedBytes: -missing });
    this.logger.info({ tenant, missing }, 'what a tenant has stored is corrected');
  }
}
