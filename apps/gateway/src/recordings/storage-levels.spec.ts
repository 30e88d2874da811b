import { describe, expect, it } from '@jest/globals';
import type { ObjectStore } from '@parlance/messaging';
import { ALL_DAYS, UsageLedger, type SessionRepository, type UsageName } from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { UsageRows } from '../../../../test/support/usage-rows.js';
import { StorageLevels } from './storage-levels.service.js';
import type { SessionLeases } from './session-leases.service.js';

/** Sessions of learners. */
const SESSIONS = [
  { id: 'S', user: 'ADA' },
  { id: 'T', user: 'ADA' },
  { id: 'U', user: 'BOB' },
];
const ROW = { tenant: 'acme', scope: 'tenant', id: '', day: ALL_DAYS } as const;

/** A tenant's objects, and two replicas that count them. */
function replicas(objects: Readonly<Record<string, number>>) {
  const rows = new UsageRows();
  const claimed = new Set<string>();
  const leases = {
    claim: async (name: string) => !claimed.has(name) && claimed.add(name).size > 0,
  } as unknown as SessionLeases;
  let lists = 0;
  const store = {
    async *list(prefix: string) {
      lists += prefix.startsWith('recordings/') ? 1 : 0;
      for (const [key, bytes] of Object.entries(objects)) if (key.startsWith(prefix)) yield { key, bytes };
    },
  } as unknown as ObjectStore;
  const sessions = {
    page: async (_: string, { user, before }: { user: string; before?: string }) =>
      before === undefined ? SESSIONS.filter((session) => session.user === user) : [],
  } as unknown as SessionRepository;
  const replica = () => {
    const ledger = new UsageLedger(rows.repository, { intervalMs: 1_000 }, silentLogger);
    return { ledger, levels: new StorageLevels(store, leases, ledger, sessions, silentLogger) };
  };
  const level = (row: UsageName = ROW) => {
    const { storedBytes = 0, deletedBytes = 0 } = rows.countsOf(row) ?? {};
    return storedBytes - deletedBytes;
  };
  return { one: replica(), other: replica(), level, claimed, lists: () => lists };
}

describe('what is counted as stored', () => {
  it.each([
    ['less', 100],
    ['more', 900],
    ['right', 500],
  ])('is corrected to what is stored, where it was %s', async (_, counted) => {
    const { one, other, level } = replicas({
      'recordings/acme/S/1.flac': 300,
      'recordings/acme/S/2.flac': 150,
      'pictures/acme/ADA': 50,
      'pictures/acme-2/ADA': 50,
      'recordings/acme/S/session.json': 77,
      'recordings/acme-2/S/1.flac': 1_000,
    });
    other.ledger.count({ tenant: 'acme' }, { storedBytes: counted });
    await other.ledger.flush();
    await Promise.all([one.levels.correct('acme'), other.levels.correct('acme')]);
    await one.ledger.flush();
    await other.ledger.flush();
    expect(level()).toBe(500);
  });

  it('of a learner is corrected to the recordings of the learner’s sessions and the picture', async () => {
    const { one, level } = replicas({
      'recordings/acme/S/1.flac': 300,
      'recordings/acme/T/2.flac': 20,
      'recordings/acme/U/3.flac': 4_000,
      'pictures/acme/ADA': 5,
      'pictures/acme/BOB': 6_000,
    });
    one.ledger.count({ tenant: 'acme', user: 'ADA' }, { storedBytes: 9_000 });
    await one.levels.correctLearner('acme', 'ADA');
    await one.ledger.flush();
    expect(level({ ...ROW, scope: 'learner', id: 'ADA' })).toBe(325);
    expect(level()).toBe(9_000);
  });

  it('of a learner is looked at every hour at most', async () => {
    const { one, lists, claimed } = replicas({});
    const start = Date.now();
    for (const [afterMs, expected] of [
      [0, 1],
      [3_599_000, 1],
      [3_600_000, 2],
    ] as const) {
      claimed.clear();
      one.levels.checkLearner('acme', 'ADA', start + afterMs);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(lists()).toBe(expected);
    }
  });

  it('is looked at every hour, and every minute where it seems to be full', async () => {
    const { one, lists, claimed } = replicas({});
    const start = Date.now();
    const looked = async (afterMs: number, isUsedUp: boolean) => {
      claimed.clear();
      one.levels.check('acme', isUsedUp, start + afterMs);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return lists();
    };
    expect(await looked(0, false)).toBe(1);
    expect(await looked(59_000, true)).toBe(1);
    expect(await looked(60_000, true)).toBe(2);
    expect(await looked(3_600_000, false)).toBe(2);
    expect(await looked(3_660_000, false)).toBe(3);
  });
});
