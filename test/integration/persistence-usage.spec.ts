/** Usage in the document store: what processes add, each once, and how it is read. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  LearnerLimitsRepository,
  StoreConnection,
  usageId,
  UsageLedger,
  UsageRepository,
  type UsageName,
} from '@parlance/persistence';
import { DocumentStoreServer } from '../support/mongo.js';
import { silentLogger } from '../support/silent-logger.js';

const DAY = '2026-12-01';
const row = (changes: Partial<UsageName> = {}): UsageName => ({
  ...{ tenant: 'acme', scope: 'tenant', day: DAY, id: '' },
  ...changes,
});

describe('usage in the document store', () => {
  let server: DocumentStoreServer;
  let store: StoreConnection;
  let usage: UsageRepository;

  beforeAll(async () => {
    server = await DocumentStoreServer.start();
    store = await StoreConnection.open({ mongodbUri: server.uri('usage'), name: 'test' }, silentLogger);
    usage = new UsageRepository(store);
    await usage.onModuleInit();
  }, 60_000);

  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  const countsOf = async (name: UsageName) => (await usage.read([name])).get(usageId(name))?.counts;

  it('counts an addition that is sent again once, beside others of the same batch', async () => {
    const [one, other] = [row({ tenant: 'initech' }), row({ tenant: 'initech', scope: 'key', id: 'k' })];
    const addition = { name: one, counts: { requests: 3, audioMs: 1.5 }, sequence: 1 };
    await usage.add('w', [addition]);
    await usage.add('w', [addition, { name: other, counts: { requests: 1 }, sequence: 2 }]);
    expect(await countsOf(one)).toEqual({ requests: 3, audioMs: 1.5 });
    expect(await countsOf(other)).toEqual({ requests: 1 });
    await usage.add('w', [{ ...addition, sequence: 3 }]);
    expect(await countsOf(one)).toEqual({ requests: 6, audioMs: 3 });
    const marks = async () => (await usage.read([one])).get(usageId(one))?.applied;
    expect(await marks()).toEqual({ w: 3 });
    await usage.forget([{ name: one, writer: 'w', sequence: 1 }]);
    expect(await marks()).toEqual({ w: 3 });
    await usage.forget([{ name: one, writer: 'w', sequence: 3 }]);
    expect(await marks()).toEqual({});
    expect(await countsOf(one)).toEqual({ requests: 6, audioMs: 3 });
  });

  it('loses nothing of many processes that begin the same rows at once', async () => {
    const ledgers = Array.from(
      { length: 8 },
      () => new UsageLedger(usage, { intervalMs: 1_000 }, silentLogger, () => Date.parse(`${DAY}T12:00:00Z`)),
    );
    for (let round = 0; round < 5; round += 1) {
      for (const ledger of ledgers) ledger.count({ tenant: 'acme', user: `u${round % 2}` }, { requests: 1 });
      await Promise.all(ledgers.map((ledger) => ledger.flush()));
    }
    expect(ledgers[0]!.used(row()).requests).toBeGreaterThanOrEqual(33);
    await Promise.all(ledgers.map((ledger) => ledger.beforeApplicationShutdown()));
    expect(await countsOf(row())).toEqual({ requests: 40 });
    expect(await countsOf(row({ scope: 'learner', id: 'u0' }))).toEqual({ requests: 24 });
  });

  it('is read by day and learner, page by page, of one tenant alone', async () => {
    const name = (day: string, id: string): UsageName => ({ tenant: 'globex', scope: 'learner', day, id });
    const names = ['2026-11-30', '2026-12-01', '2026-12-02', '2026-12-03'].flatMap((day) =>
      ['=a', 'a/b', 'ö', '{"$gt":""}'].map((id) => name(day, id)),
    );
    await usage.add(
      'w',
      [...names, row({ tenant: 'globex-2', scope: 'learner', id: 'x' })].map((each, index) => ({
        ...{ name: each, counts: { turns: 1 }, sequence: index + 1 },
      })),
    );
    const range = { scope: 'learner', from: '2026-12-01', to: '2026-12-02' } as const;
    const found: string[] = [];
    let after: UsageName | undefined;
    do {
      const page = await usage.page('globex', { ...range, after, limit: 3 });
      found.push(...page.map(({ day, id }) => `${day} ${id}`));
      after = page.at(-1);
    } while (after);
    expect(found).toHaveLength(8);
    expect(new Set(found).size).toBe(8);
    expect(found.map((each) => each.slice(0, 10))).toEqual(
      [...found.map((each) => each.slice(0, 10))].sort(),
    );
    expect(await usage.page('globex', { ...range, id: 'a/b', limit: 9 })).toMatchObject([
      { day: '2026-12-01', id: 'a/b', counts: { turns: 1 } },
      { day: '2026-12-02', id: 'a/b' },
    ]);
    await usage.deleteLearner('globex', 'a/b');
    expect(await usage.page('globex', { ...range, id: 'a/b', limit: 9 })).toEqual([]);
    expect(await usage.page('globex', { ...range, limit: 9 })).toHaveLength(6);
  });

  it('has what each process has open, until it says otherwise or is forgotten', async () => {
    const name = row({ scope: 'learner', id: 'ada', day: 'total' });
    const openOf = async () => (await usage.read([name])).get(usageId(name))?.open;
    await usage.setOpen('one', [{ name, count: 2, until: 5, gone: [] }]);
    await usage.setOpen('two', [{ name, count: 1, until: 6, gone: [] }]);
    expect(await openOf()).toEqual({ one: { count: 2, until: 5 }, two: { count: 1, until: 6 } });
    await usage.setOpen('two', [{ name, count: 0, until: 7, gone: ['one'] }]);
    expect(await openOf()).toEqual({});
    await usage.deleteLearner(name.tenant, name.id);
    await usage.setOpen('one', [{ name, count: 0, until: 8, gone: [] }]);
    expect(await openOf()).toBeUndefined();
  });

  it('holds the limits of learners to the version that a change is of', async () => {
    const limits = new LearnerLimitsRepository(store);
    await limits.onModuleInit();
    const put = (version: number) => limits.put('acme', 'ada', version, { tokensPerDay: version });
    const first = await Promise.allSettled([put(0), put(0)]);
    expect(first.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await put(1)).toEqual({ user: 'ada', limits: { tokensPerDay: 1 }, version: 2 });
    await expect(put(1)).rejects.toMatchObject({ code: 'request.conflict', details: { version: 2 } });
    expect(await limits.find('globex', 'ada')).toBeUndefined();
    await limits.delete('globex', 'ada');
    expect(await limits.find('acme', 'ada')).toMatchObject({ version: 2 });
    await limits.delete('acme', 'ada');
    expect(await limits.find('acme', 'ada')).toBeUndefined();
  });
});
