import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Limits } from '@parlance/contracts';
import { LearnerLimitsRepository, OrganisationRepository } from '@parlance/persistence';
import { withDeadline } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { QuotaSubject, ScopedLimits } from './quota-subject.js';

/** A change is known to every replica once this has passed. */
const CACHE_MS = 5_000;
const MOST_CACHED = 10_000;
/** Longest wait for the store; then what was known last holds, and the store is not asked for a moment. */
const READ_LIMIT_MS = 500;
const AWAY_MS = 2_000;

interface TenantLimits {
  readonly limits: Limits;
  readonly learnerLimits: Limits;
}

/** Which limits hold for a caller. A store that is away keeps nobody out: then those hold that were known last, or the
 *  installation's. */
@Injectable()
export class QuotaLimits {
  private readonly tenants: LRUCache<string, TenantLimits>;
  private readonly learners: LRUCache<string, { readonly limits: Limits }>;

  constructor(
    organisations: OrganisationRepository,
    learnerLimits: LearnerLimitsRepository,
    @Inject(GATEWAY_CONFIG) { quotas }: Pick<GatewayConfig, 'quotas'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.tenants = this.cache({ limits: quotas.limits, learnerLimits: {} }, async (tenant) => {
      const found = await organisations.find(tenant);
      return { limits: { ...quotas.limits, ...found?.limits }, learnerLimits: found?.learnerLimits ?? {} };
    });
    this.learners = this.cache({ limits: {} }, async (name) => {
      const [tenant = '', ...user] = name.split('/');
      return { limits: (await learnerLimits.find(tenant, user.join('/')))?.limits ?? {} };
    });
  }

  /** Of the tenant, the key and the learner, as far as the subject names them. Never rejects. */
  async of({ tenant, key, user, keyLimits }: QuotaSubject): Promise<readonly ScopedLimits[]> {
    const [ofTenant, ofLearner] = await Promise.all([
      this.tenants.fetch(tenant),
      user === undefined ? undefined : this.learners.fetch(`${tenant}/${user}`),
    ]);
    const { limits = {}, learnerLimits = {} } = ofTenant ?? {};
    return [
      { scope: 'tenant', id: '', limits },
      ...(key === undefined || !keyLimits ? [] : [{ scope: 'key' as const, id: key, limits: keyLimits }]),
      ...(user === undefined
        ? []
        : [{ scope: 'learner' as const, id: user, limits: { ...learnerLimits, ...ofLearner?.limits } }]),
    ];
  }

  /** Forgets what was read of a tenant, or of one of its learners, for a change that was made here. */
  forget(tenant: string, user?: string): void {
    if (user === undefined) this.tenants.delete(tenant);
    else this.learners.delete(`${tenant}/${user}`);
  }

  private cache<Value extends object>(unknown: Value, read: (name: string) => Promise<Value>) {
    return new LRUCache<string, Value>({
      max: MOST_CACHED,
      ttl: CACHE_MS,
      // Read when it is asked, so that a test's clock is the cache's.
      perf: { now: () => performance.now() },
      ignoreFetchAbort: true,
      fetchMethod: async (name, stale, { options }) => {
        try {
          return await withDeadline(READ_LIMIT_MS, read(name), () => {
            throw new Error('The document store did not answer in time.');
          });
        } catch (error) {
          this.logger.warn({ err: error }, 'limits could not be read; those known last hold');
          options.ttl = AWAY_MS;
          return stale ?? unknown;
        }
      },
    });
  }
}
