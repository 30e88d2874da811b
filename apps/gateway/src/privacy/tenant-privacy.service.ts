import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { PrivacySettings } from '@parlance/contracts';
import { PrivacySettingsRepository, type PrivacySettingsRecord } from '@parlance/persistence';

/** Another setting is known to every replica once this has passed. */
const CACHE_MS = 3_000;
const MOST_CACHED = 10_000;
const PSEUDONYM_CHARACTERS = 32;

/** How a tenant treats what it has of its learners, and what learners are called where nobody is to be named. */
@Injectable()
export class TenantPrivacy {
  private readonly known: LRUCache<string, PrivacySettingsRecord>;

  constructor(private readonly repository: PrivacySettingsRepository) {
    this.known = new LRUCache({
      max: MOST_CACHED,
      ttl: CACHE_MS,
      // Read when it is asked, so that a test's clock is the cache's.
      perf: { now: () => performance.now() },
      ignoreFetchAbort: true,
      fetchMethod: (tenant) => repository.open(tenant),
    });
  }

  /** As they were within the last seconds. @throws AppError store.unavailable */
  async settings(tenant: string): Promise<PrivacySettingsRecord> {
    return (await this.known.fetch(tenant)) ?? this.repository.open(tenant);
  }

  /** @throws AppError request.conflict with the version that they have now, store.unavailable */
  async update(
    tenant: string,
    version: number,
    change: Partial<PrivacySettings>,
  ): Promise<PrivacySettingsRecord> {
    const changed = await this.repository.update(tenant, version, change);
    this.known.set(tenant, changed);
    return changed;
  }

  /** What stands for a user: the same for the same user, and of no use to whoever does not have the tenant's salt. */
  async pseudonym(tenant: string, user: string): Promise<string> {
    const { salt } = await this.settings(tenant);
    const digest = createHmac('sha256', salt).update(`${tenant}\n${user}`).digest('hex');
    return digest.slice(0, PSEUDONYM_CHARACTERS);
  }
}
