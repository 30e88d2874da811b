import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import type { ReplySentence, TurnTranscribed } from '@parlance/contracts';
import { MessageBus, NatsConnection, type SessionEvent } from '@parlance/messaging';
import { SessionRepository, StoreConnection, TurnRepository } from '@parlance/persistence';
import { activeTraceId, startTelemetry, withSpan, type Telemetry } from '@parlance/telemetry';
import { GroqServer } from '../support/groq.js';
import { DocumentStoreServer } from '../support/mongo.js';
import { NatsServer } from '../support/nats.js';
import { ServiceProcess } from '../support/service-process.js';
import { silentLogger } from '../support/silent-logger.js';
import { anIdentity, aTurn } from '../support/turn-factory.js';
import { until } from '../support/until.js';

describe('the conversation service', () => {
  let nats: NatsServer;
  let mongo: DocumentStoreServer;
  let groq: GroqServer;
  let telemetry: Telemetry;
  let connection: NatsConnection;
  let bus: MessageBus;
  let store: StoreConnection;
  let sessions: SessionRepository;
  let turns: TurnRepository;
  const running: ServiceProcess[] = [];

  beforeAll(async () => {
    telemetry = startTelemetry({ service: 'test' });
    [nats, mongo, groq] = await Promise.all([
      NatsServer.start(),
      DocumentStoreServer.start(),
      GroqServer.start(),
    ]);
    connection = await NatsConnection.open({ natsUrl: nats.url, name: 'test' }, silentLogger);
    bus = new MessageBus(connection, silentLogger);
    await bus.onModuleInit();
    store = await StoreConnection.open({ mongodbUri: mongo.uri('conversation'), name: 'test' }, silentLogger);
    sessions = new SessionRepository(store);
    turns = new TurnRepository(store);
    await sessions.onModuleInit();
    await turns.onModuleInit();
  }, 60_000);

  afterAll(async () => {
    await stopServices();
    await bus.close();
    await store.close();
    await Promise.all([nats.stop(), mongo.stop(), groq.stop()]);
    await telemetry.shutdown();
  });

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const service = await ServiceProcess.start('conversation', {
      NATS_URL: nats.url,
      MONGODB_URI: mongo.uri('conversation'),
      PARLANCE_WORK_ACK_WAIT_MS: '2000',
      PARLANCE_WORK_MAX_DELIVERIES: '3',
      ...environment,
    });
    running.push(service);
    return service;
  }

  /** All share the queue, so that only one kind may run at a time. */
  async function stopServices(): Promise<void> {
    for (const service of running.splice(0)) await service.end('SIGTERM');
  }

  const withGroq = () => ({ PARLANCE_LLM_BASE_URL: `${groq.url}/v1`, PARLANCE_LLM_MODEL: 'llama' });

  /** As the gateway does: session, place, document, then the message. */
  async function transcribe(overrides: Partial<TurnTranscribed> = {}): Promise<TurnTranscribed> {
    const turn = await prepare(overrides);
    await bus.publishWork('turnTranscribed', turn);
    return turn;
  }

  async function prepare(overrides: Partial<TurnTranscribed> = {}): Promise<TurnTranscribed> {
    const identity = overrides.identity ?? anIdentity();
    await sessions.create(identity.tenant, identity.session);
    const sequence = await sessions.nextTurnSequence(identity.tenant, identity.session);
    const turn = aTurn({ ...overrides, identity, sequence });
    await turns.createTranscribed(turn);
    return turn;
  }

  /** A session's events until the named one has come for the turn. */
  async function eventsUntil(turn: TurnTranscribed, last: string): Promise<SessionEvent[]> {
    const seen: SessionEvent[] = [];
    for await (const event of await bus.watchSession(turn.identity.session)) {
      seen.push(event);
      if (event.event.name === last && event.event.data.identity.turn === turn.identity.turn) break;
    }
    return seen;
  }

  /** The sentences waiting for a voice, taken from the queue's storage. */
  async function spokenWork(turn: TurnTranscribed): Promise<ReplySentence[]> {
    const { state } = await connection.manager.streams.info('PARLANCE_WORK');
    const found: ReplySentence[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await connection.manager.streams
        .getMessage('PARLANCE_WORK', { seq })
        .catch(() => undefined);
      if (message?.subject === 'parlance.reply.sentence')
        found.push(JSON.parse(message.string()) as ReplySentence);
    }
    return found.filter(({ identity }) => identity.turn === turn.identity.turn);
  }

  describe('with the built-in coach', () => {
    let service: ServiceProcess;
    beforeAll(async () => {
      service = await start({ PARLANCE_LOG_LEVEL: 'debug' });
    }, 60_000);
    afterAll(stopServices);

    it('answers a turn without any model, keeps the reply and tells the client and the voice', async () => {
      const turn = await transcribe({ text: 'He have a small garden and he love the roses.' });
      const events = await eventsUntil(turn, 'turn.replied');
      const sentences = events.flatMap(({ event }) =>
        event.name === 'reply.sentence' ? [event.data.text] : [],
      );
      const replied = events.at(-1)!.event;
      expect(sentences.length).toBeGreaterThanOrEqual(3);
      expect(replied.data).toMatchObject({
        text: sentences.join(' '),
        sentences: sentences.length,
        model: 'builtin-coach',
        speak: true,
      });
      const corrections = replied.name === 'turn.replied' ? replied.data.corrections : [];
      expect(corrections[0]).toMatchObject({ start: 3, end: 7, suggestions: ['has'] });
      expect(await spokenWork(turn)).toEqual(
        sentences.map((text, index) => ({
          identity: turn.identity,
          index,
          text,
          speak: true,
          voice: '',
          // The coach writes English, whatever it was told in.
          language: 'en',
        })),
      );
      const kept = await turns.get(turn.identity);
      expect(kept).toMatchObject({
        state: 'replied',
        reply: { model: 'builtin-coach', text: sentences.join(' ') },
      });
    }, 60_000);

    it('asks nobody to speak when the turn is to be read only', async () => {
      const turn = await transcribe({ speak: false });
      await eventsUntil(turn, 'turn.replied');
      expect(await spokenWork(turn)).toEqual([]);
    }, 60_000);

    it('carries the trace and the identity of the call into its log, its events and its work', async () => {
      const turn = await prepare();
      const traceId = await withSpan('door', {}, async () => {
        await bus.publishWork('turnTranscribed', turn);
        return activeTraceId();
      });
      const events = await eventsUntil(turn, 'turn.replied');
      expect(events.map(({ headers }) => headers.traceparent?.split('-')[1])).toEqual(
        events.map(() => traceId),
      );
      await until(() =>
        service.log.some(
          (line) => line.trace_id === traceId && line.turn === turn.identity.turn && line.tenant === 'acme',
        ),
      );
      const metrics = await (await fetch(`${service.opsUrl}/metrics`)).text();
      expect(metrics).toContain('parlance_turn_latency_seconds_count{stage="conversation"}');
    }, 60_000);

    it('answers the turns of a session in their order, whichever came first', async () => {
      const { session } = anIdentity();
      const [first, second, third] = [
        await prepare({ identity: anIdentity({ session }), text: 'This is the first story.' }),
        await prepare({ identity: anIdentity({ session }), text: 'This is the second story.' }),
        await prepare({ identity: anIdentity({ session }), text: 'This is the third story.' }),
      ];
      for (const turn of [third, second]) await bus.publishWork('turnTranscribed', turn);
      // Another session is not held up by this one.
      await eventsUntil(await transcribe(), 'turn.replied');
      expect((await turns.get(second.identity)).state).toBe('transcribed');
      await bus.publishWork('turnTranscribed', first);
      const events = await eventsUntil(third, 'turn.replied');
      const order = events
        .filter(({ event }) => event.name === 'turn.replied')
        .map(({ event }) => event.data.identity.turn);
      expect(order).toEqual([first, second, third].map(({ identity }) => identity.turn));
    }, 60_000);

    it('ends a turn nobody keeps with an event and a dead letter', async () => {
      const turn = aTurn();
      await bus.publishWork('turnTranscribed', turn);
      const events = await eventsUntil(turn, 'turn.failed');
      expect(events.at(-1)?.event.data).toEqual({
        identity: turn.identity,
        stage: 'conversation',
        error: { code: 'turn.not_found', message: 'There is no such turn.', retryable: false },
      });
      const query = { last_by_subj: 'parlance.dead.parlance.turn.transcribed' };
      const dead = await until(() =>
        connection.manager.streams.getMessage('PARLANCE_DEAD_LETTERS', query).catch(() => undefined),
      );
      expect(dead.header.get('parlance-turn')).toBe(turn.identity.turn);
    }, 60_000);
  });

  describe('with a language model', () => {
    let service: ServiceProcess;
    beforeAll(async () => {
      service = await start(withGroq());
    }, 60_000);
    afterAll(stopServices);

    it('remembers what was said before', async () => {
      groq.usual = { reply: 'I like cats too. What is its name?' };
      const { session } = anIdentity();
      await eventsUntil(
        await transcribe({ identity: anIdentity({ session }), text: 'I have a cat.' }),
        'turn.replied',
      );
      groq.requests.length = 0;
      const turn = await transcribe({ identity: anIdentity({ session }), text: 'Her name is Minou.' });
      await eventsUntil(turn, 'turn.replied');
      expect(groq.requests[0]?.body.messages.slice(1)).toEqual([
        { role: 'user', content: 'I have a cat.' },
        { role: 'assistant', content: 'I like cats too. What is its name?' },
        { role: 'user', content: 'Her name is Minou.' },
      ]);
    }, 60_000);

    it('says every sentence exactly once when it is killed in the middle of a reply', async () => {
      const reply = Array.from({ length: 6 }, (_, index) => `Sentence number ${index + 1} is here.`).join(
        ' ',
      );
      groq.usual = { reply, pauseMs: 60 };
      const turn = await transcribe();
      await until(async () => (await turns.get(turn.identity)).draft.length >= 2);
      await service.end('SIGKILL');
      const before = await turns.get(turn.identity);
      expect(before.state).toBe('transcribed');

      service = await start(withGroq());
      const events = await eventsUntil(turn, 'turn.replied');
      const indexes = events.flatMap(({ event }) =>
        event.name === 'reply.sentence' ? [event.data.index] : [],
      );
      const texts = events.flatMap(({ event }) => (event.name === 'reply.sentence' ? [event.data.text] : []));
      expect(indexes).toEqual([0, 1, 2, 3, 4, 5]);
      expect(texts.join(' ')).toBe(reply);
      expect(events.filter(({ event }) => event.name === 'turn.replied')).toHaveLength(1);
      expect((await spokenWork(turn)).map(({ index }) => index)).toEqual(indexes);
      expect((await turns.get(turn.identity)).reply?.text).toBe(reply);
      groq.usual = { reply: 'Fine.' };
    }, 90_000);

    it('fails a turn after the last delivery when its model breaks off each time', async () => {
      groq.usual = { cutAfter: 'One whole sentence. And then no' };
      const turn = await transcribe();
      const events = await eventsUntil(turn, 'turn.failed');
      expect(events.filter(({ event }) => event.name === 'reply.sentence')).toHaveLength(1);
      expect(await turns.get(turn.identity)).toMatchObject({
        state: 'failed',
        failure: { stage: 'conversation', error: { code: 'upstream.unavailable', retryable: true } },
      });
      groq.usual = { reply: 'Fine.' };
    }, 90_000);

    it('leaves with 0 at SIGTERM, after the reply in the making, and with 2 for a wrong configuration', async () => {
      groq.usual = { reply: 'One is here. Two is here. Three is here.', pauseMs: 80 };
      const turn = await transcribe({ identity: anIdentity({ session: ulid() }) });
      await until(async () => (await turns.get(turn.identity)).draft.length === 1);
      expect(await service.end('SIGTERM')).toBe(0);
      expect((await turns.get(turn.identity)).state).toBe('replied');
      groq.usual = { reply: 'Fine.' };
      await expect(start({ NATS_URL: 'http://wrong', PARLANCE_OPS_PORT: 'x' })).rejects.toThrow(
        /ended with 2[^]*PARLANCE_OPS_PORT[^]*NATS_URL/,
      );
    }, 60_000);
  });
});
