import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import {
  DeadLetters,
  MessageBus,
  NatsConnection,
  Postponed,
  type WorkHandler,
  type WorkOptions,
} from '@parlance/messaging';
import { AppError, type ErrorCode } from '@parlance/errors';
import type { ReplySentence, TurnTranscribed } from '@parlance/contracts';
import { activeTraceId, startTelemetry, withSpan, type Telemetry } from '@parlance/telemetry';
import { collect } from '../support/collect.js';
import { NatsServer } from '../support/nats.js';
import { silentLogger } from '../support/silent-logger.js';
import { anIdentity, aSentence, aTurn } from '../support/turn-factory.js';
import { until } from '../support/until.js';

const QUICK: WorkOptions = { ackWaitMs: 1_500, retryMs: 50, maxDeliveries: 3 };

describe('work over JetStream', () => {
  let server: NatsServer;
  let telemetry: Telemetry;
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    telemetry = startTelemetry({ service: 'test' });
    server = await NatsServer.start();
  });
  afterEach(async () => {
    for (const bus of open.splice(0)) await bus.close();
  });
  afterAll(async () => {
    await server.stop();
    await telemetry.shutdown();
  });

  async function connect(): Promise<{ bus: MessageBus; connection: NatsConnection }> {
    const connection = await NatsConnection.open({ natsUrl: server.url, name: 'test' }, silentLogger);
    const bus = new MessageBus(connection, silentLogger);
    await bus.onModuleInit();
    open.push(bus);
    return { bus, connection };
  }

  /** Handles turns with `handle`; keeps what failed. */
  function handler(handle: WorkHandler<TurnTranscribed>['handle']) {
    const failed: { code: ErrorCode; message: TurnTranscribed | undefined; tenant: string | undefined }[] =
      [];
    const fail: WorkHandler<TurnTranscribed>['fail'] = async (error, identity, message) => {
      failed.push({ code: error.code, message, tenant: identity.tenant });
    };
    return { handle, fail, failed };
  }

  async function pendingWork(connection: NatsConnection): Promise<number> {
    return (await connection.manager.streams.info('PARLANCE_WORK')).state.messages;
  }

  async function lastDeadLetter(connection: NatsConnection, subject: string) {
    const query = { last_by_subj: `parlance.dead.${subject}` };
    return connection.manager.streams.getMessage('PARLANCE_DEAD_LETTERS', query);
  }

  it('makes the streams again and again without harm', async () => {
    const { bus, connection } = await connect();
    await Promise.all([bus.onModuleInit(), bus.onModuleInit()]);
    const { config } = await connection.manager.streams.info('PARLANCE_WORK');
    expect(config).toMatchObject({ retention: 'workqueue', storage: 'file', discard: 'new' });
  });

  it('hands over a message once, with its trace and identity, and forgets it', async () => {
    const { bus, connection } = await connect();
    const seen: { trace: string | undefined; message: TurnTranscribed }[] = [];
    const turns = handler(async (message) => {
      seen.push({ trace: activeTraceId(), message });
    });
    await bus.consumeWork('turnTranscribed', turns, QUICK);
    const turn = aTurn();
    const sent = await withSpan('publish', {}, async () => {
      await bus.publishWork('turnTranscribed', turn);
      await bus.publishWork('turnTranscribed', turn);
      return activeTraceId();
    });
    await until(async () => (await pendingWork(connection)) === 0);
    expect(sent).toMatch(/^[0-9a-f]{32}$/);
    expect(seen).toEqual([{ trace: sent, message: turn }]);
    expect(trace.getActiveSpan()).toBeUndefined();
  });

  it('tries a retryable fault again after a pause and a final one not at all', async () => {
    const { bus, connection } = await connect();
    const deliveries: number[] = [];
    const turns = handler(async ({ text }, { delivery }) => {
      deliveries.push(delivery);
      if (text === 'final') throw new AppError('request.invalid', 'no');
      if (delivery < 3) throw new AppError('upstream.unavailable', 'not now');
    });
    await bus.consumeWork('turnTranscribed', turns, QUICK);
    await bus.publishWork('turnTranscribed', aTurn());
    await until(async () => deliveries.length === 3 && (await pendingWork(connection)) === 0);
    expect(deliveries).toEqual([1, 2, 3]);
    expect(turns.failed).toEqual([]);

    const final = aTurn({ text: 'final' });
    await bus.publishWork('turnTranscribed', final);
    await until(async () => turns.failed.length === 1 && (await pendingWork(connection)) === 0);
    expect(turns.failed).toEqual([{ code: 'request.invalid', message: final, tenant: 'acme' }]);
    const dead = await lastDeadLetter(connection, 'parlance.turn.transcribed');
    expect(JSON.parse(dead.string())).toEqual(final);
    expect(dead.header.get('parlance-error-code')).toBe('request.invalid');
    expect(dead.header.get('parlance-turn')).toBe(final.identity.turn);
  });

  it('fails the work after the last delivery, and tells whoever waits only once', async () => {
    const { bus, connection } = await connect();
    const turns = handler(async () => {
      throw new Error('a bug nobody named');
    });
    await bus.consumeWork('turnTranscribed', turns, QUICK);
    await bus.publishWork('turnTranscribed', aTurn());
    await until(async () => turns.failed.length > 0 && (await pendingWork(connection)) === 0);
    expect(turns.failed).toMatchObject([{ code: 'internal.unexpected' }]);
    const dead = await lastDeadLetter(connection, 'parlance.turn.transcribed');
    expect(dead.header.get('parlance-deliveries')).toBe('3');
  });

  it('lists dead letters, shows one without what its schema does not know, and publishes it again, once', async () => {
    const { bus, connection } = await connect();
    const letters = new DeadLetters(connection);
    const before = await collect(letters.list());
    let isUp = false;
    const seen: boolean[] = [];
    const turns = handler(async (_, { isRequeued }) => {
      seen.push(isRequeued);
      if (!isUp) throw new AppError('request.invalid', 'Not in this way.');
    });
    await bus.consumeWork('turnTranscribed', turns, QUICK);
    const turn = aTurn();
    const traceId = await withSpan('publish', {}, async () => {
      await bus.publishWork('turnTranscribed', turn);
      return activeTraceId();
    });
    const [letter] = await until(async () => {
      const found = await collect(letters.list(before.at(-1)?.sequence));
      return found.length > 0 ? found : undefined;
    });
    expect(letter).toMatchObject({
      ...{ subject: 'parlance.turn.transcribed', code: 'request.invalid', message: 'Not in this way.' },
      ...{ deliveries: 1, identity: turn.identity, traceId, payload: turn },
    });
    isUp = true;
    const { sequence } = letter!;
    await letters.requeue(sequence);
    await until(async () => seen.length === 2 && (await pendingWork(connection)) === 0);
    expect(seen).toEqual([false, true]);
    await expect(letters.requeue(sequence)).rejects.toMatchObject({ code: 'request.not_found' });
    await expect(letters.get(sequence)).rejects.toMatchObject({ code: 'request.not_found' });
  });

  it('shows and repeats no dead letter that does not fit its schema', async () => {
    const { bus, connection } = await connect();
    const letters = new DeadLetters(connection);
    const begun = (await collect(letters.list())).at(-1)?.sequence;
    const turns = handler(async () => undefined);
    await bus.consumeWork('turnTranscribed', turns, QUICK);
    await connection.jetStream.publish('parlance.turn.transcribed', '{"password":"hunter2"}');
    await until(async () => turns.failed.length === 1 && (await pendingWork(connection)) === 0);
    const [letter] = await collect(letters.list(begun));
    expect(letter).toMatchObject({ payload: undefined, bytes: 22 });
    expect(JSON.stringify(letter)).not.toContain('hunter2');
    await expect(letters.requeue(letter!.sequence)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('starts no more in a second than its rate', async () => {
    const { bus, connection } = await connect();
    const starts: number[] = [];
    const turns = handler(async () => void starts.push(performance.now()));
    for (let index = 0; index < 4; index += 1) await bus.publishWork('turnTranscribed', aTurn());
    await bus.consumeWork('turnTranscribed', turns, { ...QUICK, concurrency: 4, ratePerSecond: 5 });
    await until(async () => starts.length === 4 && (await pendingWork(connection)) === 0);
    expect(starts.at(-1)! - starts[0]!).toBeGreaterThan(500);
  });

  it('makes a message that does not fit its schema a dead letter at once', async () => {
    const { bus, connection } = await connect();
    const turns = handler(async () => undefined);
    await bus.consumeWork('turnTranscribed', turns, QUICK);
    await connection.jetStream.publish('parlance.turn.transcribed', 'not even JSON');
    await until(async () => turns.failed.length === 1 && (await pendingWork(connection)) === 0);
    expect(turns.failed).toEqual([{ code: 'request.invalid', message: undefined, tenant: undefined }]);
    expect((await lastDeadLetter(connection, 'parlance.turn.transcribed')).string()).toBe('not even JSON');
  });

  it('asks a postponed message again without counting, while others pass it', async () => {
    const { bus, connection } = await connect();
    const order: string[] = [];
    let asked = 0;
    const turns = handler(async ({ text }, { delivery }) => {
      if (text === 'second' && !order.includes('first')) {
        asked += 1;
        expect(delivery).toBe(1);
        throw new Postponed(20);
      }
      order.push(text);
    });
    await bus.consumeWork('turnTranscribed', turns, { ...QUICK, concurrency: 1 });
    await bus.publishWork('turnTranscribed', aTurn({ text: 'second' }));
    await until(() => asked > 5);
    await bus.publishWork('turnTranscribed', aTurn({ text: 'first' }));
    await until(async () => (await pendingWork(connection)) === 0);
    expect(order).toEqual(['first', 'second']);
  });

  it('keeps a slow handler its message by heartbeats', async () => {
    const { bus, connection } = await connect();
    let handled = 0;
    const turns = handler(async () => {
      handled += 1;
      await new Promise((resolve) => setTimeout(resolve, 2_500));
    });
    await bus.consumeWork('turnTranscribed', turns, { ...QUICK, ackWaitMs: 1_000 });
    await bus.publishWork('turnTranscribed', aTurn());
    await until(async () => handled > 0 && (await pendingWork(connection)) === 0);
    expect(handled).toBe(1);
  });

  it('finishes what is in handling when drained, and leaves the rest to others', async () => {
    const first = await connect();
    const finished: string[] = [];
    let begun = 0;
    const slow = handler(async ({ text }) => {
      begun += 1;
      await new Promise((resolve) => setTimeout(resolve, 300));
      finished.push(text);
    });
    await first.bus.consumeWork('turnTranscribed', slow, { ...QUICK, concurrency: 1 });
    await first.bus.publishWork('turnTranscribed', aTurn({ text: 'one' }));
    await first.bus.publishWork('turnTranscribed', aTurn({ text: 'two' }));
    await until(() => begun > 0);
    const drainedAt = Date.now();
    await first.bus.drain();
    expect(finished).toEqual(['one']);
    expect(Date.now() - drainedAt).toBeLessThan(3_000);

    const second = await connect();
    const others = handler(async ({ text }) => {
      finished.push(text);
    });
    await second.bus.consumeWork('turnTranscribed', others, QUICK);
    await until(async () => (await pendingWork(second.connection)) === 0);
    expect(finished).toEqual(['one', 'two']);
  });

  it('says no, with a hint when to come back, once the queue is full', async () => {
    const { bus, connection } = await connect();
    await connection.manager.streams.purge('PARLANCE_WORK');
    await connection.manager.streams.update('PARLANCE_WORK', { max_msgs: 1 });
    await bus.publishWork('turnTranscribed', aTurn());
    await expect(bus.publishWork('turnTranscribed', aTurn())).rejects.toMatchObject({
      code: 'upstream.unavailable',
      retryAfterSeconds: 10,
    });
    // Brings the stream back to its configuration, as any start of a process does.
    await bus.onModuleInit();
    await bus.publishWork('turnTranscribed', aTurn());
    await connection.manager.streams.purge('PARLANCE_WORK');
  });

  it('goes on after the server was killed and started again, with nothing acknowledged lost', async () => {
    const { bus, connection } = await connect();
    const seen = new Set<number>();
    const sentences: WorkHandler<ReplySentence> = {
      handle: async ({ index }) => {
        seen.add(index);
      },
      fail: async () => undefined,
    };
    const identity = anIdentity();
    for (let index = 0; index < 5; index += 1)
      await bus.publishWork('replySentence', aSentence({ identity, index }));
    await server.down('SIGKILL');
    await expect(bus.isReady()).resolves.toBe(false);
    const late = bus.publishWork('replySentence', aSentence({ identity, index: 5 }));
    await expect(late).rejects.toMatchObject({ code: 'upstream.unavailable', retryable: true });
    await server.up();
    await until(() => connection.isConnected);
    await bus.consumeWork('replySentence', sentences, QUICK);
    await until(() => seen.size === 5);

    await server.down('SIGKILL');
    await expect(bus.isReady()).resolves.toBe(false);
    // What is published meanwhile waits for it.
    const published = bus.publishWork('replySentence', aSentence({ identity, index: 6 }));
    await server.up();
    await published;
    await until(() => seen.has(6), 25_000);
  }, 60_000);
});
