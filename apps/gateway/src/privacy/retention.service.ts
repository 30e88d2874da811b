import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_TRIMMED } from '@parlance/contracts';
import { ObjectStore } from '@parlance/messaging';
import {
  AuditRepository,
  LeaseRepository,
  PrivacyJobRepository,
  PrivacySettingsRepository,
  SessionRepository,
  type PrivacySettingsRecord,
} from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { AuditLog } from '../audit/audit-log.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { SessionDeletion } from '../recordings/session-deletion.service.js';
import { StoredBytes } from '../recordings/stored-bytes.service.js';

const DAY_MS = 86_400_000;
const LEASE = 'privacy-retention';
/** What one round removes of each kind for one tenant; the rest is for the next one. */
const BATCH = 500;
const AUDIT_BATCH = 5_000;
const TENANTS_TOGETHER = 100;

/** Removes what tenants do not want kept any longer, and files of exports that have had their time. One replica at a time does. */
@Injectable()
export class Retention {
  private readonly running = { at: 0 };

  constructor(
    private readonly settings: PrivacySettingsRepository,
    private readonly sessions: SessionRepository,
    private readonly deletion: SessionDeletion,
    private readonly objects: ObjectStore,
    private readonly stored: StoredBytes,
    private readonly entries: AuditRepository,
    private readonly audit: AuditLog,
    private readonly jobs: PrivacyJobRepository,
    private readonly leases: LeaseRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'privacy'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A round, where none was made by any replica for a while. @throws AppError store.unavailable */
  async enforce(holder: string, now = Date.now()): Promise<void> {
    const { retentionEveryMs } = this.config.privacy;
    if (now - this.running.at < retentionEveryMs) return;
    this.running.at = now;
    if (!(await this.leases.acquire(LEASE, holder, retentionEveryMs * 0.9, new Date(now)))) return;
    await this.removeExports(now);
    for (let after: string | undefined; ;) {
      const page = await this.settings.withRetention(after, TENANTS_TOGETHER);
      for (const tenant of page) await this.retainOf(tenant, now);
      if (page.length < TENANTS_TOGETHER) return;
      after = page.at(-1)!.tenant;
    }
  }

  private async retainOf({ tenant, retentionDays }: PrivacySettingsRecord, now: number): Promise<void> {
    const before = (days: number): Date => new Date(now - days * DAY_MS);
    const { turns, recordings, audit } = retentionDays;
    if (turns !== null) await this.removeSessions(tenant, before(turns));
    if (recordings !== null) await this.removeRecordings(tenant, before(recordings));
    if (audit !== null) await this.trimAudit(tenant, before(audit));
  }

  private async removeSessions(tenant: string, moment: Date): Promise<void> {
    const old = await this.sessions.unusedSince({ tenant }, moment, BATCH);
    let removed = 0;
    for (const { id } of old) {
      try {
        await this.deletion.deleteSession(tenant, id);
        removed += 1;
      } catch (error) {
        this.logger.warn({ err: error, tenant, session: id }, 'an old session could not be removed');
      }
    }
    await this.note(tenant, 'sessions', removed);
  }

  private async removeRecordings(tenant: string, moment: Date): Promise<void> {
    let removed = 0;
    for await (const { key, bytes, modifiedAt } of this.objects.list(`recordings/${tenant}/`)) {
      if (modifiedAt >= moment) continue;
      await this.objects.delete(key);
      await this.stored.removed(key, bytes);
      removed += 1;
      if (removed === BATCH) break;
    }
    await this.note(tenant, 'recordings', removed);
  }

  /** The log says itself where it begins now, before anything of it goes. */
  private async trimAudit(tenant: string, moment: Date): Promise<void> {
    const last = await this.entries.lastBefore(tenant, moment, AUDIT_BATCH);
    if (!last) return;
    const details = { through: last.number, hash: last.hash };
    await this.audit.writeOwn({ tenant, action: AUDIT_TRIMMED, details });
    await this.entries.removeThrough(tenant, last.number);
  }

  private async removeExports(now: number): Promise<void> {
    for (const { tenant, id, file } of await this.jobs.expired(BATCH, new Date(now))) {
      if (file) await this.objects.delete(file.key);
      await this.jobs.expire(tenant, id);
    }
  }

  private async note(tenant: string, kind: string, removed: number): Promise<void> {
    if (removed > 0)
      await this.audit.writeOwn({ tenant, action: 'retention.remove', details: { [kind]: removed } });
  }
}
