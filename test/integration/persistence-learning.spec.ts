/** Records of learning in the document store: what is unique, what is changed at the same time, and how lists are ordered. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import { courseSchema, lessonSchema, type ContestEntry } from '@parlance/contracts';
import { LearningRepository, RankedLearningRepository, StoreConnection } from '@parlance/persistence';
import { DocumentStoreServer } from '../support/mongo.js';
import { queriesWithoutIndex } from '../support/query-plans.js';
import { silentLogger } from '../support/silent-logger.js';

const course = (title: string) => ({ id: ulid(), value: courseSchema.parse({ title }) });
const activity = (user: string) => ({ id: ulid(), key: user, user, value: { quarters: [] } });

describe('learning in the document store', () => {
  let server: DocumentStoreServer;
  let store: StoreConnection;
  let learning: LearningRepository;
  let ranked: RankedLearningRepository;

  beforeAll(async () => {
    server = await DocumentStoreServer.start({ indexed: true, tellsPlans: true });
    store = await StoreConnection.open({ mongodbUri: server.uri('learning'), name: 'test' }, silentLogger);
    learning = new LearningRepository(store);
    ranked = new RankedLearningRepository(store);
    await learning.onModuleInit();
  }, 60_000);

  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  it('makes one of a key, whoever comes first', async () => {
    const made = await Promise.all(
      Array.from({ length: 20 }, () => learning.ensure('acme', 'activity', activity('ada'))),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    await expect(learning.create('acme', 'activity', activity('ada'))).rejects.toMatchObject({
      code: 'learning.exists',
    });
    // The same key of another tenant is another one.
    expect((await learning.ensure('globex', 'activity', activity('ada'))).id).not.toBe(made[0]!.id);
  });

  it('loses none of the changes that are made at the same time', async () => {
    const { id } = await learning.ensure('acme', 'activity', activity('bob'));
    await Promise.all(
      Array.from({ length: 12 }, (_, quarter) =>
        learning.update('acme', 'activity', id, ({ value }) => ({
          value: { quarters: [...value.quarters, quarter] },
        })),
      ),
    );
    const { value, version } = (await learning.find('acme', 'activity', id))!;
    expect([value.quarters.length, version]).toEqual([12, 13]);
    expect(new Set(value.quarters).size).toBe(12);
  });

  it('takes one of several changes that are based on the same version, and tells the others which one stands', async () => {
    const { id } = await learning.create('acme', 'course', course('Travel'));
    const changes = await Promise.allSettled(
      ['A', 'B', 'C'].map((title) =>
        learning.update('acme', 'course', id, ({ value }) => ({ value: { ...value, title } }), 1),
      ),
    );
    const refusals = changes.filter((one) => one.status === 'rejected');
    expect(refusals).toHaveLength(2);
    for (const { reason } of refusals)
      expect(reason).toMatchObject({ code: 'learning.conflict', details: { version: 2 } });
    await expect(learning.delete('acme', 'course', id, 1)).rejects.toMatchObject({
      code: 'learning.conflict',
    });
    await learning.delete('acme', 'course', id, 2);
    await expect(learning.delete('acme', 'course', id)).rejects.toMatchObject({ code: 'learning.not_found' });
  });

  it('orders siblings by rank, equal ones by id, page by page in both directions', async () => {
    const parent = ulid();
    for (const position of [3, 1, 2, 1, 3, 1]) {
      const value = lessonSchema.parse({ title: `At ${position}`, position });
      await learning.create('acme', 'lesson', { id: ulid(), parent, rank: position, value });
    }
    const pages = async (order: 'ascending' | 'descending') => {
      const seen: { rank: number; id: string }[] = [];
      for (;;) {
        const read = await ranked.page('acme', 'lesson', parent, { order, after: seen.at(-1), limit: 2 });
        seen.push(...read.map(({ id, rank }) => ({ id, rank: rank! })));
        if (read.length < 2) return seen;
      }
    };
    const [up, down] = [await pages('ascending'), await pages('descending')];
    expect(up.map(({ rank }) => rank)).toEqual([1, 1, 1, 2, 3, 3]);
    expect(down.map(({ rank }) => rank)).toEqual([3, 3, 2, 1, 1, 1]);
    expect(new Set([...up, ...down].map(({ id }) => id)).size).toBe(6);
    expect(await ranked.countAbove('acme', 'lesson', parent, 1)).toBe(3);
    expect(await ranked.page('globex', 'lesson', parent, { order: 'ascending', limit: 9 })).toEqual([]);
  });

  it('shows a board without what its entries are counted by, from an index alone in its order', async () => {
    const contest = ulid();
    for (let number = 0; number < 9; number += 1) {
      const value: ContestEntry = {
        ...{
          name: `Learner ${number}`,
          joined_at: '2026-03-01T10:00:00.000Z',
          words: 4,
          days: {},
          turns: number,
        },
        ...{ different: ['apple'], different_words: 1, said: ['hash'], counted: { [ulid()]: 3 } },
        refused: { repetition: 0, playback: 0, speed: 0 },
      };
      const key = JSON.stringify([`learner-${number}`, contest]);
      const begin = { id: ulid(), parent: contest, user: `learner-${number}`, rank: number % 3, key, value };
      await learning.create('acme', 'contest_entry', begin);
    }
    const { plans } = server;
    const before = plans.length;
    const lines = async (after?: { rank: number; id: string }) =>
      ranked.lines('acme', 'contest_entry', contest, ['name', 'turns'], {
        order: 'descending',
        after,
        limit: 2,
      });
    const first = await lines();
    expect(first.map(({ rank }) => rank)).toEqual([2, 2]);
    expect(Object.keys(first[0]!.value).sort()).toEqual(['name', 'turns']);
    expect((await lines(first[1])).map(({ rank }) => rank)).toEqual([2, 1]);
    expect(await ranked.countAbove('acme', 'contest_entry', contest, 0)).toBe(6);
    const own = await learning.findKeyedWithout(
      'acme',
      'contest_entry',
      JSON.stringify(['learner-4', contest]),
      ['different', 'said', 'counted'],
    );
    expect(own!.value).toMatchObject({ name: 'Learner 4', different_words: 1 });
    expect(Object.keys(own!.value)).not.toEqual(expect.arrayContaining(['different']));
    const told = plans.slice(before).filter((plan) => plan.includes('parent'));
    expect(told.length).toBeGreaterThan(3);
    for (const plan of told) expect(plan).toMatch(/index=tenant_1_kind_1_parent_1_rank_1__id_1$/);
    expect(queriesWithoutIndex(plans)).toEqual([]);
  });

  it('forgets all of a user, and nothing of the others or of the tenant', async () => {
    const mine = await learning.ensure('acme', 'activity', activity('cy'));
    const theirs = await learning.ensure('acme', 'activity', activity('dan'));
    const elsewhere = await learning.ensure('globex', 'activity', activity('cy'));
    await learning.eraseLearner('acme', 'cy');
    expect(await learning.find('acme', 'activity', mine.id)).toBeUndefined();
    expect(await learning.find('acme', 'activity', theirs.id)).toBeDefined();
    expect(await learning.find('globex', 'activity', elsewhere.id)).toBeDefined();
  });
});
