import { describe, expect, it, jest } from '@jest/globals';
import type { Limits } from '@parlance/contracts';
import { UsageLedger } from '@parlance/persistence';
import { metricsRegistry } from '@parlance/telemetry';
import { SeededRandom } from '../../../../test/soak/seeded-random.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { UsageRows } from '../../../../test/support/usage-rows.js';
import type { StorageLevels } from '../recordings/storage-levels.service.js';
import { TenantSlots } from '../auth/tenant-slots.service.js';
import type { QuotaLimits } from './quota-limits.service.js';
import type { QuotaSubject, ScopedLimits } from './quota-subject.js';
import { metered } from './metered-audio.js';
import { Quotas } from './quotas.service.js';

const ADA = { tenant: 'acme', key: 'k', user: 'ada' };

/** Quotas with limits of a tenant, a key and a learner. */
function quotas(
  of: { tenant?: Limits; key?: Limits; learner?: Limits } = {},
  maxOpenRequests = 100,
  rows = new UsageRows(),
  clock = Date.now,
) {
  const ledger = new UsageLedger(rows.repository, { intervalMs: 1_000 }, silentLogger, clock);
  const limits: Pick<QuotaLimits, 'of'> = {
    of: async ({ key, user }: QuotaSubject): Promise<ScopedLimits[]> => [
      { scope: 'tenant', id: '', limits: of.tenant ?? {} },
      ...(key === undefined ? [] : [{ scope: 'key' as const, id: key, limits: of.key ?? {} }]),
      ...(user === undefined ? [] : [{ scope: 'learner' as const, id: user, limits: of.learner ?? {} }]),
    ],
  };
  const levels = { check: jest.fn(), checkLearner: jest.fn() };
  const slots = new TenantSlots({ tenants: { keys: [], managing: undefined, maxOpenRequests } });
  return {
    quotas: new Quotas(limits as QuotaLimits, slots, ledger, levels as unknown as StorageLevels),
    slots,
    ledger,
    levels,
  };
}

describe('requests a second', () => {
  it('are refused beyond the limit, with the time to wait and whose limit it is', async () => {
    const { quotas: held, ledger } = quotas({ learner: { requestsPerSecond: 2 } });
    await held.admit(ADA, 'request');
    await held.admit(ADA, 'request');
    await expect(held.admit(ADA, 'request')).rejects.toMatchObject({
      code: 'quota.requests_exceeded',
      retryAfterSeconds: 1,
      details: { quota: 'requests', scope: 'learner', limit: 2 },
    });
    (await held.admit({ ...ADA, user: 'eve' }, 'request'))();
    const day = new Date().toISOString().slice(0, 10);
    expect(ledger.used({ tenant: 'acme', scope: 'tenant', id: '', day })).toEqual({ requests: 3 });
    expect(await metricsRegistry.metrics()).toMatch(
      /parlance_quota_refusals_total\{quota="requests",scope="learner"\} [1-9]/,
    );
  });

  it('that one limit refuses take nothing from another', async () => {
    const { quotas: held } = quotas({ tenant: { requestsPerSecond: 3 }, learner: { requestsPerSecond: 1 } });
    await held.admit(ADA, 'request');
    for (let each = 0; each < 5; each += 1)
      await expect(held.admit(ADA, 'request')).rejects.toMatchObject({ details: { scope: 'learner' } });
    await held.admit({ ...ADA, user: 'eve' }, 'request');
    await held.admit({ ...ADA, user: 'bob' }, 'request');
    await expect(held.admit({ ...ADA, user: 'joe' }, 'request')).rejects.toMatchObject({
      details: { scope: 'tenant' },
    });
  });

  it('of less than one are one at a time', async () => {
    const { quotas: held } = quotas({ key: { requestsPerSecond: 0.1 } });
    await held.admit(ADA, 'request');
    await expect(held.admit(ADA, 'request')).rejects.toMatchObject({ retryAfterSeconds: 10 });
  });
});

describe('streams', () => {
  it.each([1, 2, 3, 4, 5])(
    'never exceed any limit, and none is left when all have ended, however they do (%i)',
    async (seed) => {
      const random = new SeededRandom(seed);
      const most = { tenant: random.int(3, 9), key: random.int(1, 6), learner: random.int(1, 3), all: 12 };
      const limitOf = (concurrentStreams: number) => ({ concurrentStreams });
      const { quotas: held, slots } = quotas(
        { tenant: limitOf(most.tenant), key: limitOf(most.key), learner: limitOf(most.learner) },
        most.all,
      );
      const open = new Set<{ key: string; user: string; release: () => void }>();
      const openIf = (is: (each: { key: string; user: string }) => boolean) => [...open].filter(is).length;
      let refused = 0;
      for (let step = 0; step < 400; step += 1) {
        if (open.size > 0 && random.chance(0.45)) {
          const ending = random.pick([...open]);
          open.delete(ending);
          ending.release();
          // A connection that ends in two ways at once ends once.
          if (random.chance(0.5)) ending.release();
          continue;
        }
        const [key, user] = [`k${random.int(0, 2)}`, `u${random.int(0, 3)}`];
        await Promise.all(
          Array.from({ length: random.int(1, 4) }, () =>
            held.admit({ tenant: 'acme', key, user }, 'stream').then(
              (release) => open.add({ key, user, release }),
              ({ code }: { code: string }) => {
                refused += 1;
                expect(['quota.streams_exceeded', 'quota.exceeded']).toContain(code);
              },
            ),
          ),
        );
        expect(open.size).toBeLessThanOrEqual(Math.min(most.tenant, most.all));
        expect(openIf((each) => each.key === key)).toBeLessThanOrEqual(most.key);
        expect(openIf((each) => each.user === user)).toBeLessThanOrEqual(most.learner);
        expect(slots.openOf('acme/tenant/total/')).toBe(open.size);
      }
      expect(refused).toBeGreaterThan(10);
      for (const { release } of open) release();
      for (const name of [
        'acme',
        'acme/tenant/total/',
        'acme/key/total/k0',
        'acme/key/total/k1',
        'acme/learner/total/u0',
      ])
        expect([name, slots.openOf(name)]).toEqual([name, 0]);
    },
  );

  it('of two replicas are counted together, once each has met the store; those of one that died are forgotten', async () => {
    const rows = new UsageRows();
    const clock = { now: Date.parse('2026-12-01T12:00:00Z') };
    const open = () => quotas({ key: { concurrentStreams: 4 } }, 100, rows, () => clock.now);
    const [one, other] = [open(), open()];
    const meet = async () => {
      for (const { ledger } of [one, other, one]) await ledger.flush();
    };
    const admit = ({ quotas: held }: typeof one) => held.admit(ADA, 'stream');
    const releases = [await admit(one), await admit(one), await admit(one)];
    await meet();
    releases.push(await admit(other));
    await expect(admit(other)).rejects.toMatchObject({ code: 'quota.streams_exceeded' });
    await meet();
    await expect(admit(one)).rejects.toMatchObject({ code: 'quota.streams_exceeded' });
    releases[0]!();
    await meet();
    releases.push(await admit(other));
    // One dies with what it has open; the other goes on.
    clock.now += 20_000;
    for (const release of releases.slice(3)) release();
    await other.ledger.flush();
    await other.ledger.flush();
    for (let each = 0; each < 4; each += 1) await admit(other);
    await expect(admit(other)).rejects.toMatchObject({ code: 'quota.streams_exceeded' });
    const [row] = [...rows.rows].filter(([id]) => id === 'acme/key/total/k');
    await other.ledger.flush();
    expect(Object.keys(row![1].open)).toHaveLength(1);
  });

  it('are not what requests are', async () => {
    const { quotas: held } = quotas({ tenant: { concurrentStreams: 1 } });
    await held.admit(ADA, 'stream');
    await held.admit(ADA, 'request');
    await expect(held.admit(ADA, 'stream')).rejects.toMatchObject({ code: 'quota.streams_exceeded' });
  });
});

async function* seconds(count: number) {
  for (let each = 0; each < count; each += 1) yield Buffer.alloc(32_000);
}

describe('what is counted by day', () => {
  it('lets audio through to the limit and ends there, in the middle of a recording', async () => {
    const { quotas: held } = quotas({ key: { audioMinutesPerDay: 0.05 } });
    let passed = 0;
    const send = async (count: number) => {
      for await (const chunk of metered(seconds(count), await held.openAudio(ADA))) passed += chunk.length;
    };
    await send(2);
    await expect(send(5)).rejects.toMatchObject({
      code: 'quota.audio_exceeded',
      message: 'The key may send 0.05 minutes of audio a day.',
      retryAfterSeconds: expect.any(Number),
    });
    expect(passed).toBe(3 * 32_000);
    await expect(held.openAudio(ADA)).rejects.toMatchObject({ code: 'quota.audio_exceeded' });
    await held.openAudio({ tenant: 'acme' });
  });

  it('counts audio by tenant, in seconds, for the metrics', async () => {
    const { quotas: held } = quotas();
    const meter = await held.openAudio({ tenant: 'metered' });
    meter.add(1_500);
    meter.add(1_000);
    expect(await metricsRegistry.metrics()).toContain('parlance_audio_seconds_total{tenant="metered"} 2.5\n');
  });

  it('refuses turns when the tokens are used up, and recordings when the space is', async () => {
    const { quotas: held, levels } = quotas({ tenant: { tokensPerDay: 100, storageBytes: 1_000 } });
    await held.require(ADA, ['tokens', 'storage']);
    held.count(ADA, { inputTokens: 60, outputTokens: 40, storedBytes: 1_500 });
    await expect(held.require(ADA, ['tokens'])).rejects.toMatchObject({ code: 'quota.tokens_exceeded' });
    await expect(held.require(ADA, ['storage'])).rejects.toMatchObject({
      code: 'quota.storage_exceeded',
      retryable: false,
    });
    expect(levels.check).toHaveBeenLastCalledWith('acme', true);
    expect(levels.checkLearner).not.toHaveBeenCalled();
    held.count(ADA, { deletedBytes: 600 });
    await held.require(ADA, ['storage']);
  });

  it('has what a learner has stored counted again where the learner’s space seems to be used up', async () => {
    const { quotas: held, levels } = quotas({ learner: { storageBytes: 1_000 } });
    held.count(ADA, { storedBytes: 999 });
    await held.require(ADA, ['storage']);
    expect(levels.checkLearner).not.toHaveBeenCalled();
    held.count(ADA, { storedBytes: 1 });
    await expect(held.require(ADA, ['storage'])).rejects.toMatchObject({ code: 'quota.storage_exceeded' });
    expect(levels.checkLearner).toHaveBeenCalledWith('acme', ADA.user);
  });

  it('is without a limit where that is 0 or is not set', async () => {
    const { quotas: held } = quotas({
      tenant: { audioMinutesPerDay: 0, tokensPerDay: 0, concurrentStreams: 0, requestsPerSecond: 0 },
    });
    held.count(ADA, { audioMs: 1e9, inputTokens: 1e9 });
    await held.require(ADA, ['audio', 'tokens', 'storage']);
    for (let each = 0; each < 50; each += 1) (await held.admit(ADA, 'stream'))();
    expect(await held.states(ADA)).toEqual([]);
  });
});
