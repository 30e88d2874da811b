import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { UsageRows } from '../../../../test/support/usage-rows.js';
import { UsageLedger } from './usage-ledger.service.js';
import { ALL_DAYS, type UsageName } from './usage.schema.js';

const NOON = Date.parse('2026-12-01T12:00:00Z');
const ACME = { tenant: 'acme' };
const row = (changes: Partial<UsageName> = {}): UsageName => ({
  ...{ tenant: 'acme', scope: 'tenant', id: '', day: '2026-12-01' },
  ...changes,
});

/** Two processes over one store, and their clock. */
function ledgers() {
  const rows = new UsageRows();
  const clock = { now: NOON };
  const open = () => new UsageLedger(rows.repository, { intervalMs: 1_000 }, silentLogger, () => clock.now);
  return { rows, clock, one: open(), other: open() };
}

describe('what is used', () => {
  it('is known at once where it was counted, and elsewhere when both have met the store', async () => {
    const { one, other, rows } = ledgers();
    await other.watch([row()]);
    one.count(ACME, { audioMs: 500 });
    one.count(ACME, { audioMs: 250, requests: 1 });
    other.count(ACME, { audioMs: 1_000 });
    expect(one.used(row())).toEqual({ audioMs: 750, requests: 1 });
    expect(other.used(row())).toEqual({ audioMs: 1_000 });
    await one.flush();
    await other.flush();
    expect(other.used(row())).toEqual({ audioMs: 1_750, requests: 1 });
    expect(rows.countsOf(row())).toEqual({ audioMs: 1_750, requests: 1 });
    expect(rows.additions).toBe(2);
  });

  it('is counted for the tenant, the key and the learner', async () => {
    const { one, rows } = ledgers();
    one.count({ tenant: 'acme', key: 'k', user: 'a/b' }, { turns: 1 });
    one.count({ tenant: 'acme', user: 'eve' }, { turns: 1 });
    await one.flush();
    expect(rows.countsOf(row())).toEqual({ turns: 2 });
    expect(rows.countsOf(row({ scope: 'key', id: 'k' }))).toEqual({ turns: 1 });
    expect(rows.countsOf(row({ scope: 'learner', id: 'a/b' }))).toEqual({ turns: 1 });
    expect(rows.countsOf(row({ tenant: 'globex' }))).toBeUndefined();
  });

  it('is added once where the answers of the store are lost, whatever is counted meanwhile', async () => {
    const { one, rows } = ledgers();
    rows.losesAnswers = true;
    one.count(ACME, { requests: 2 });
    await one.flush();
    one.count(ACME, { requests: 3 });
    await one.flush();
    await one.flush();
    expect(one.used(row())).toEqual({ requests: 5 });
    rows.losesAnswers = false;
    await one.flush();
    await one.flush();
    expect(one.used(row())).toEqual({ requests: 5 });
    expect(rows.countsOf(row())).toEqual({ requests: 5 });
  });

  it('counts here while the store is away, and is added when it is back', async () => {
    const { one, other, rows } = ledgers();
    one.count(ACME, { requests: 1 });
    await one.flush();
    rows.isAway = true;
    for (let each = 0; each < 3; each += 1) {
      one.count(ACME, { requests: 1 });
      await one.flush();
    }
    expect(one.used(row())).toEqual({ requests: 4 });
    await other.watch([row()]);
    expect(other.used(row())).toEqual({});
    rows.isAway = false;
    await one.flush();
    await one.flush();
    expect(rows.countsOf(row())).toEqual({ requests: 4 });
    await other.flush();
    expect(other.used(row())).toEqual({ requests: 4 });
  });

  it('is read where a limit asks for it, and kept up to date without anything to add', async () => {
    const { one, other, rows } = ledgers();
    one.count(ACME, { inputTokens: 10 });
    await one.flush();
    await other.watch([row()]);
    expect(other.used(row())).toEqual({ inputTokens: 10 });
    one.count(ACME, { inputTokens: 5 });
    await one.flush();
    await other.flush();
    expect(other.used(row())).toEqual({ inputTokens: 15 });
    expect(rows.additions).toBe(2);
  });

  it('begins anew at midnight in UTC; what is stored goes on', async () => {
    const { one, clock, rows } = ledgers();
    clock.now = Date.parse('2026-12-01T23:59:59.900Z');
    one.count(ACME, { requests: 1, storedBytes: 100 });
    clock.now += 200;
    one.count(ACME, { requests: 1, deletedBytes: 40 });
    await one.flush();
    expect(rows.countsOf(row())).toEqual({ requests: 1, storedBytes: 100 });
    expect(rows.countsOf(row({ day: '2026-12-02' }))).toEqual({ requests: 1, deletedBytes: 40 });
    expect(one.used(row({ day: ALL_DAYS }))).toMatchObject({ storedBytes: 100, deletedBytes: 40 });
  });

  it('leaves nothing of a process in the rows that it has ended to count in, however many there have been', async () => {
    const { rows, clock } = ledgers();
    const open = () => new UsageLedger(rows.repository, { intervalMs: 1_000 }, silentLogger, () => clock.now);
    for (let each = 0; each < 20; each += 1) {
      const process = open();
      process.count(ACME, { storedBytes: 1 });
      await process.flush();
      expect(rows.marksOf(row({ day: ALL_DAYS }))).toBe(1);
      await process.beforeApplicationShutdown();
    }
    const lasting = open();
    lasting.count(ACME, { requests: 1 });
    await lasting.flush();
    clock.now += 600_001;
    await lasting.flush();
    expect([rows.marksOf(row()), rows.marksOf(row({ day: ALL_DAYS }))]).toEqual([0, 0]);
    lasting.count(ACME, { requests: 1 });
    await lasting.flush();
    expect(rows.countsOf(row())).toEqual({ storedBytes: 20, requests: 2 });
  });

  it('leaves nothing of processes that have crashed once others have counted in the row two days later', async () => {
    const { rows, clock, one } = ledgers();
    for (let each = 0; each < 150; each += 1) {
      const process = new UsageLedger(rows.repository, { intervalMs: 1_000 }, silentLogger, () => clock.now);
      process.count(ACME, { storedBytes: 1 });
      await process.flush();
    }
    const total = row({ day: ALL_DAYS });
    clock.now += 2 * 86_400_000;
    one.count(ACME, { storedBytes: 1 });
    await one.flush();
    expect(rows.marksOf(total)).toBe(151);
    clock.now += 1_000;
    for (let each = 0; each < 2; each += 1) {
      one.count(ACME, { storedBytes: 1 });
      await one.flush();
    }
    expect(rows.marksOf(total)).toBe(1);
    expect(rows.countsOf(total)).toEqual({ storedBytes: 153 });
  });

  it('is not added a second time by a process that comes back to the store after a day', async () => {
    const { rows, clock, one, other } = ledgers();
    rows.losesAnswers = true;
    one.count(ACME, { storedBytes: 5 });
    await one.flush();
    rows.losesAnswers = false;
    clock.now += 3 * 86_400_000;
    other.count(ACME, { storedBytes: 1 });
    await other.flush();
    one.count(ACME, { storedBytes: 2 });
    await one.flush();
    await one.flush();
    expect(rows.countsOf(row({ day: ALL_DAYS }))).toEqual({ storedBytes: 8 });
  });

  it('is added to the store when the process ends', async () => {
    const { one, rows } = ledgers();
    one.count(ACME, { requests: 7 });
    await one.beforeApplicationShutdown();
    expect(rows.countsOf(row())).toEqual({ requests: 7 });
  });

  it('of two replicas goes over a limit by no more than what one of them uses in an interval', async () => {
    const { one, other } = ledgers();
    const [limit, perInterval] = [1_000, 70];
    let used = 0;
    for (let interval = 0; interval < 20; interval += 1) {
      for (let request = 0; request < perInterval; request += 1)
        for (const ledger of [one, other])
          if ((ledger.used(row()).requests ?? 0) < limit) {
            ledger.count(ACME, { requests: 1 });
            used += 1;
          }
      await Promise.all([one.flush(), other.flush()]);
      await Promise.all([one.flush(), other.flush()]);
    }
    expect(used).toBeGreaterThanOrEqual(limit);
    expect(used).toBeLessThanOrEqual(limit + perInterval);
  });
});
