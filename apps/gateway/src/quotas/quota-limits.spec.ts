import { describe, expect, it, jest } from '@jest/globals';
import type { LearnerLimitsRepository, OrganisationRepository } from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { gatewaySchema } from '../gateway.config.js';
import { QuotaLimits } from './quota-limits.service.js';

const CONFIG = gatewaySchema.parse({ PARLANCE_LIMIT_STREAMS: '9', PARLANCE_LIMIT_STORAGE: '1G' });
const ORGANISATION = {
  limits: { concurrentStreams: 0, tokensPerDay: 5 },
  learnerLimits: { tokensPerDay: 2 },
};

function limits(isAway = false) {
  const find = jest.fn(async () => {
    if (isAway) throw new Error('away');
    return ORGANISATION;
  });
  const ofLearner = async (_tenant: string, user: string) =>
    user === 'a/b' ? { user, limits: { tokensPerDay: 4 }, version: 1 } : undefined;
  return {
    find,
    limits: new QuotaLimits(
      { find } as unknown as OrganisationRepository,
      { find: ofLearner } as unknown as LearnerLimitsRepository,
      CONFIG,
      silentLogger,
    ),
  };
}

describe('the limits that hold', () => {
  it("are the installation's as far as the organisation has none, those of all learners as far as one has none", async () => {
    const { limits: held, find } = limits();
    const keyLimits = { requestsPerSecond: 3 };
    const [tenant, key, learner] = await held.of({ tenant: 'acme', key: 'k', user: 'a/b', keyLimits });
    expect(tenant).toMatchObject({
      scope: 'tenant',
      limits: { concurrentStreams: 0, tokensPerDay: 5, storageBytes: 2 ** 30 },
    });
    expect(key).toEqual({ scope: 'key', id: 'k', limits: keyLimits });
    expect(learner).toEqual({ scope: 'learner', id: 'a/b', limits: { tokensPerDay: 4 } });
    expect((await held.of({ tenant: 'acme', user: 'eve' }))[1]?.limits).toEqual({ tokensPerDay: 2 });
    expect(find).toHaveBeenCalledTimes(1);
    held.forget('acme');
    await held.of({ tenant: 'acme' });
    expect(find).toHaveBeenCalledTimes(2);
  });

  it("are the installation's where the store is away and nothing is known", async () => {
    const { limits: held, find } = limits(true);
    expect(await held.of({ tenant: 'acme' })).toEqual([
      { scope: 'tenant', id: '', limits: CONFIG.quotas.limits },
    ]);
    await held.of({ tenant: 'acme' });
    expect(find).toHaveBeenCalledTimes(1);
  });
});
