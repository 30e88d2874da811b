import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MessageBus, NatsConnection, type SessionEvent, type SessionWatch } from '@parlance/messaging';
import { NatsServer } from '../support/nats.js';
import { silentLogger } from '../support/silent-logger.js';
import { anIdentity, aSentence } from '../support/turn-factory.js';
import { until } from '../support/until.js';

describe('a bus that lets accounts in', () => {
  it('is reached by the one in its address, and by no other', async () => {
    const server = await NatsServer.start(undefined, { user: 'parlance', password: 'p@ss:w/rd' });
    try {
      const connection = await NatsConnection.open({ natsUrl: server.url, name: 'known' }, silentLogger);
      expect((await connection.manager.getAccountInfo()).streams).toBe(0);
      await connection.close();
      const natsUrl = `nats://127.0.0.1:${server.port}`;
      const unknown = NatsConnection.open({ natsUrl, name: 'unknown', connectTimeoutMs: 500 }, silentLogger);
      await expect(unknown).rejects.toMatchObject({ code: 'upstream.unavailable' });
    } finally {
      await server.stop();
    }
  });
});

describe('events of a session', () => {
  let server: NatsServer;
  let publisher: MessageBus;
  let replica: MessageBus;
  let connection: NatsConnection;

  beforeAll(async () => {
    server = await NatsServer.start();
    connection = await NatsConnection.open({ natsUrl: server.url, name: 'replica' }, silentLogger);
    replica = new MessageBus(connection, silentLogger);
    await replica.onModuleInit();
    publisher = new MessageBus(
      await NatsConnection.open({ natsUrl: server.url, name: 'publisher' }, silentLogger),
      silentLogger,
    );
  });

  afterAll(async () => {
    await publisher.close();
    await replica.close();
    await server.stop();
  });

  /** Collects what a watch sees until it ends. */
  function collect(watch: SessionWatch): { seen: SessionEvent[]; ended: Promise<void> } {
    const seen: SessionEvent[] = [];
    const ended = (async () => {
      for await (const event of watch) seen.push(event);
    })();
    return { seen, ended };
  }

  const say = (identity: ReturnType<typeof anIdentity>, index: number) =>
    publisher.publishEvent({ name: 'reply.sentence', data: aSentence({ identity, index }) });

  it('announcements reach every process that listens just now, on their channel only', async () => {
    const listening = [replica, publisher].map((bus) => bus.announcements('replicas'));
    const told = listening.map(async (announcements) => {
      const texts: string[] = [];
      for await (const data of announcements)
        if (texts.push(Buffer.from(data).toString()) === 2) return texts;
      return texts;
    });
    // The subscriptions are there once the server has answered.
    expect(await replica.isReady()).toBe(true);
    publisher.announce('others', Buffer.from('elsewhere'));
    for (const text of ['one', 'two']) publisher.announce('replicas', Buffer.from(text));
    expect(await Promise.all(told)).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
    for (const announcements of listening) announcements.close();
  });

  it('reach any replica in order, each once, and those of other sessions do not', async () => {
    const identity = anIdentity();
    await say(identity, 0);
    const { seen, ended } = collect(await replica.watchSession(identity.session));
    await say(anIdentity(), 0);
    await say(identity, 1);
    await say(identity, 1);
    await publisher.publishEvent({
      name: 'turn.replied',
      data: { identity, text: 'x', sentences: 2, speak: true, model: 'm', corrections: [] },
    });
    await until(() => seen.length === 3);
    expect(seen.map(({ event }) => event.name)).toEqual(['reply.sentence', 'reply.sentence', 'turn.replied']);
    expect(seen[1]!.event.data).toEqual(aSentence({ identity, index: 1 }));
    expect(seen[1]!.headers['parlance-turn']).toBe(identity.turn);
    await replica.close().catch(() => undefined);
    await ended;
    replica = new MessageBus(
      (connection = await NatsConnection.open({ natsUrl: server.url, name: 'replica' }, silentLogger)),
      silentLogger,
    );
  });

  it('go on from the sequence a client names', async () => {
    const identity = anIdentity();
    await say(identity, 0);
    await say(identity, 1);
    const whole = await replica.watchSession(identity.session);
    const { seen } = collect(whole);
    await until(() => seen.length === 2);
    await whole.close();
    await say(identity, 2);
    const resumed = await replica.watchSession(identity.session, seen[0]!.sequence + 1);
    const rest = collect(resumed);
    await until(() => rest.seen.length === 2);
    expect(rest.seen.map(({ event }) => (event.name === 'reply.sentence' ? event.data.index : -1))).toEqual([
      1, 2,
    ]);
    await resumed.close();
    await rest.ended;
  });

  it('reach a client that names a sequence which is still to come', async () => {
    const identity = anIdentity();
    await say(identity, 0);
    const watch = await replica.watchSession(identity.session, 999_999_999);
    const { seen, ended } = collect(watch);
    await say(identity, 1);
    await until(() => seen.length === 1);
    expect(seen[0]!.event.data).toEqual(aSentence({ identity, index: 1 }));
    await watch.close();
    await ended;
  });

  it('leave no consumer on the server when the reader goes', async () => {
    const before = (await connection.manager.streams.info('PARLANCE_EVENTS')).state.consumer_count;
    const identity = anIdentity();
    await say(identity, 0);
    for await (const _ of await replica.watchSession(identity.session)) break;
    await until(
      async () => (await connection.manager.streams.info('PARLANCE_EVENTS')).state.consumer_count === before,
    );
  });

  it('come through a killed and restarted server without a gap or a repetition', async () => {
    const identity = anIdentity();
    const watch = await replica.watchSession(identity.session);
    const { seen, ended } = collect(watch);
    await say(identity, 0);
    await until(() => seen.length === 1);
    await server.down('SIGKILL');
    await server.up();
    await until(() => publisher.isReady());
    await say(identity, 1);
    await until(() => seen.length === 2, 25_000);
    expect(seen.map(({ event }) => (event.name === 'reply.sentence' ? event.data.index : -1))).toEqual([
      0, 1,
    ]);
    await watch.close();
    await ended;
  }, 60_000);
});
