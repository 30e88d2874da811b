import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ObjectStore } from '@parlance/messaging';
import { ALL_DAYS, SessionRepository, UsageLedger, type UsageName } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { SessionLeases } from './session-leases.service.js';
import { isCounted, ownerOfObject, storedOf } from './stored-bytes.service.js';

/** Between two counts of a tenant's objects, or of a learner's; of a tenant's sooner where its space seems to be used up. */
const RECOUNT_MS = 3_600_000;
const REFUSED_MS = 60_000;
/** For one replica's correction to be known to the others. */
const CLAIM_MS = 30_000;
const MOST_CHECKED = 20_000;
const SESSIONS_TOGETHER = 500;

/** Corrects what is counted as stored by what is stored: objects of earlier releases, and those that the store has let expire, are
 *  counted by nobody else. */
@Injectable()
export class StorageLevels {
  private readonly checkedAt = new LRUCache<string, number>({ max: MOST_CHECKED });

  constructor(
    private readonly objects: ObjectStore,
    private readonly leases: SessionLeases,
    private readonly ledger: UsageLedger,
    private readonly sessions: SessionRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Has the tenant's objects counted where that is due; nobody waits for it. */
  check(tenant: string, isUsedUp: boolean, now = Date.now()): void {
    if (this.isDue(tenant, isUsedUp ? REFUSED_MS : RECOUNT_MS, now))
      this.behind(tenant, this.correct(tenant));
  }

  /** As `check`, for a learner whose space seems to be used up: every hour at most, since it lists what its tenant has. */
  checkLearner(tenant: string, learner: string, now = Date.now()): void {
    if (this.isDue(`${tenant}/${learner}`, RECOUNT_MS, now))
      this.behind(tenant, this.correctLearner(tenant, learner));
  }

  /** By one replica at a time. @throws AppError store.unavailable */
  async correct(tenant: string): Promise<void> {
    await this.correctRow({ tenant, scope: 'tenant', id: '', day: ALL_DAYS }, async () => isCounted);
  }

  /** As `correct`: the recordings of the learner's sessions, and the picture. @throws AppError store.unavailable */
  async correctLearner(tenant: string, learner: string): Promise<void> {
    await this.correctRow({ tenant, scope: 'learner', id: learner, day: ALL_DAYS }, async () => {
      const owners = new Set([learner]);
      for (let before: string | undefined; ;) {
        const page = await this.sessions.page(tenant, { user: learner, before, limit: SESSIONS_TOGETHER });
        for (const { id } of page) owners.add(id);
        if (page.length < SESSIONS_TOGETHER) break;
        before = page.at(-1)!.id;
      }
      return (key) => owners.has(ownerOfObject(key) ?? '');
    });
  }

  private async correctRow(row: UsageName, choose: () => Promise<(key: string) => boolean>): Promise<void> {
    const { tenant, scope, id } = row;
    const name = scope === 'tenant' ? tenant : `${tenant}/${id}`;
    if (!(await this.leases.claim(`storage-level:${name}`, CLAIM_MS))) return;
    await this.ledger.watch([row]);
    const counts = await choose();
    let bytes = 0;
    for (const prefix of storedOf(tenant))
      for await (const object of this.objects.list(prefix)) if (counts(object.key)) bytes += object.bytes;
    // With what other replicas have counted meanwhile.
    await this.ledger.flush();
    const { storedBytes = 0, deletedBytes = 0 } = this.ledger.used(row);
    const missing = bytes - (storedBytes - deletedBytes);
    if (missing === 0) return;
    this.ledger.countRow(row, missing > 0 ? { storedBytes: missing } : { deletedBytes: -missing });
    this.logger.info({ tenant, scope, missing }, 'what is counted as stored is corrected');
  }

  private isDue(name: string, everyMs: number, now: number): boolean {
    if (now - (this.checkedAt.get(name) ?? -Infinity) < everyMs) return false;
    this.checkedAt.set(name, now);
    return true;
  }

  private behind(tenant: string, correction: Promise<void>): void {
    correction.catch((error: unknown) => {
      this.logger.warn(
        { err: error, tenant },
        'what a tenant has stored could not be counted, trying again later',
      );
    });
  }
}
