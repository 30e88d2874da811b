import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BotCoordinationRepository,
  PracticeRepository,
  StoreConnection,
  UpdateInboxRepository,
} from '@parlance/persistence';
import { DocumentStoreServer } from '../support/mongo.js';
import { silentLogger } from '../support/silent-logger.js';

const at = (ms: number): Date => new Date(1_900_000_000_000 + ms);

describe("the Telegram bot's store", () => {
  let server: DocumentStoreServer;
  let store: StoreConnection;
  let inbox: UpdateInboxRepository;
  let practice: PracticeRepository;
  let coordination: BotCoordinationRepository;

  beforeAll(async () => {
    server = await DocumentStoreServer.start();
    store = await StoreConnection.open({ mongodbUri: server.uri('telegram'), name: 'test' }, silentLogger);
    inbox = new UpdateInboxRepository(store);
    practice = new PracticeRepository(store);
    coordination = new BotCoordinationRepository(store);
    for (const repository of [inbox, practice, coordination]) await repository.onModuleInit();
  }, 60_000);

  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  describe('updates', () => {
    const arrive = (updateId: number, holder?: string, bot = 'once') =>
      inbox.add(
        { bot, updateId, owner: `${bot}:7`, update: { update_id: updateId } },
        holder === undefined ? undefined : { holder, until: at(1_000) },
        at(0),
      );

    it('are given once to twenty replicas that get them at the same time', async () => {
      const held = await Promise.all(Array.from({ length: 20 }, (_, replica) => arrive(1, `r${replica}`)));
      expect(held.filter(Boolean)).toEqual([{ id: 'once:1', update: { update_id: 1 }, attempts: 1 }]);
    });

    it('go to one other replica when their lease is over, and are done once', async () => {
      const bot = 'lease';
      await arrive(1, 'dead', bot);
      const lease = (holder: string) => ({ holder, until: at(9_000) });
      expect(await inbox.claim(bot, lease('early'), 9, at(999))).toEqual([]);
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, replica) => inbox.claim(bot, lease(`r${replica}`), 9, at(2_000))),
      );
      expect(claims.flat()).toEqual([{ id: 'lease:1', update: { update_id: 1 }, attempts: 2 }]);
      const holder = `r${claims.findIndex(({ length }) => length > 0)}`;
      expect(await inbox.extend('lease:1', lease('dead'))).toBe(false);
      expect(await inbox.extend('lease:1', lease(holder))).toBe(true);
      await inbox.finish('lease:1', 'dead');
      expect(await inbox.countOpen(bot)).toBe(1);
      await inbox.finish('lease:1', holder);
      expect(await inbox.countOpen(bot)).toBe(0);
      expect(await inbox.claim(bot, lease('late'), 9, at(99_000))).toEqual([]);
      expect(await arrive(1, 'again', bot)).toBeUndefined();
    });

    it('wait for anyone where nobody had room, the oldest first, and are forgotten in the end', async () => {
      const bot = 'queue';
      for (const id of [5, 6, 7]) await arrive(id, undefined, bot);
      const claimed = await inbox.claim(bot, { holder: 'a', until: at(5_000) }, 2, at(0));
      expect(claimed).toHaveLength(2);
      await inbox.deleteOf(`${bot}:7`, claimed[0]!.id);
      expect(await inbox.countOpen(bot)).toBe(1);
      await inbox.deleteExpired(at(49 * 3_600_000));
      expect(await inbox.countOpen(bot)).toBe(0);
    });
  });

  describe('practice', () => {
    const RESULT = { turn: 't', transcript: 'Hello.', overall: 70, messages: ['m'], example: 'e' };

    it('keeps users and what they change', async () => {
      const user = { id: 'b:1', language: 'de', timeZone: 'UTC' };
      expect(await practice.openUser(user)).toEqual(user);
      await practice.changeUser('b:1', { task: 'x', timeZone: 'Europe/Kyiv' });
      expect(await practice.openUser({ ...user, language: 'en' })).toEqual({
        ...user,
        task: 'x',
        timeZone: 'Europe/Kyiv',
      });
    });

    it('keeps the steps of an attempt, begun as often as may be', async () => {
      const attempt = { id: 'b:10', owner: 'b:2', task: 'x', day: '2026-11-30' };
      await practice.begin(attempt, at(0));
      expect(await practice.count('b:2')).toBe(0);
      await practice.recordResult('b:10', RESULT);
      await practice.recordResult('b:10', { ...RESULT, overall: 1 });
      await practice.markDone('b:10', 'told');
      expect(await practice.begin({ ...attempt, task: 'another' }, at(5))).toEqual({
        ...attempt,
        createdAt: at(0),
        result: RESULT,
        told: true,
        spoken: false,
      });
    });

    it('answers with history, days and tasks of one user, and deletes them', async () => {
      for (const [index, day] of ['2026-11-28', '2026-11-29', '2026-11-29'].entries()) {
        await practice.begin({ id: `b:2${index}`, owner: 'b:3', task: `t${index}`, day }, at(index));
        await practice.recordResult(`b:2${index}`, RESULT);
      }
      expect((await practice.history('b:3', { skip: 1, limit: 5 })).map(({ task }) => task)).toEqual([
        't1',
        't0',
      ]);
      expect((await practice.days('b:3')).sort()).toEqual(['2026-11-28', '2026-11-29']);
      expect((await practice.tasksDone('b:3')).sort()).toEqual(['t0', 't1', 't2']);
      await practice.deleteUser('b:3');
      expect([await practice.count('b:3'), await practice.findUser('b:3')]).toEqual([0, undefined]);
      expect(await practice.count('b:2')).toBe(1);
    });
  });

  describe('coordination', () => {
    it('gives a lease to one replica until it is over or released', async () => {
      const held = await Promise.all(
        Array.from({ length: 8 }, (_, replica) => coordination.hold('poll', `r${replica}`, at(1_000), at(0))),
      );
      expect(held.filter(Boolean)).toHaveLength(1);
      const holder = `r${held.indexOf(true)}`;
      expect(await coordination.hold('poll', 'other', at(3_000), at(999))).toBe(false);
      expect(await coordination.hold('poll', holder, at(2_000), at(999))).toBe(true);
      expect(await coordination.hold('poll', 'other', at(3_000), at(2_001))).toBe(true);
      await coordination.release('poll', holder);
      expect(await coordination.hold('poll', holder, at(3_000), at(2_002))).toBe(false);
      await coordination.release('poll', 'other');
      expect(await coordination.hold('poll', holder, at(3_000), at(2_003))).toBe(true);
    });

    it('counts what a user does within a window, also at the same time', async () => {
      const counts = await Promise.all(
        Array.from({ length: 10 }, () => coordination.count('b:1', 'x', 1_000, 5_500)),
      );
      expect(counts.sort((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(await coordination.count('b:1', 'x', 1_000, 6_000)).toBe(1);
      await coordination.deleteOf('b:1');
      expect(await coordination.count('b:1', 'x', 1_000, 6_000)).toBe(1);
      await coordination.deleteExpired(new Date(8_000));
      expect(await coordination.count('b:1', 'x', 1_000, 6_000)).toBe(1);
    });
  });
});
