import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import {
  ClosingSummaryRepository,
  KeptSpeechRepository,
  LeaseRepository,
  SessionRepository,
  StoreConnection,
  TurnRepository,
  TurnSearchRepository,
  type ClosingSummaryRecord,
} from '@parlance/persistence';
import { createLogger } from '@parlance/telemetry';
import { DocumentStoreServer } from '../support/mongo.js';
import { anIdentity, aTurn } from '../support/turn-factory.js';

const answered = (reply: string) => ({ answered: reply, interrupted: false, reply, model: 'm' });
const logger = createLogger({ service: 'test', level: 'silent' });

describe('the document store', () => {
  let server: DocumentStoreServer;
  let store: StoreConnection;
  let sessions: SessionRepository;
  let turns: TurnRepository;

  beforeAll(async () => {
    server = await DocumentStoreServer.start();
    store = await StoreConnection.open({ mongodbUri: server.uri('persistence'), name: 'test' }, logger);
    sessions = new SessionRepository(store);
    turns = new TurnRepository(store);
    await sessions.onModuleInit();
    await turns.onModuleInit();
  }, 60_000);

  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  describe('sessions', () => {
    it('are made once and found by their own tenant only', async () => {
      const id = ulid();
      const made = await sessions.create('acme', id);
      await sessions.create('acme', id);
      expect(await sessions.find('acme', id)).toEqual(made);
      expect(await sessions.find('other', id)).toBeUndefined();
      await expect(sessions.create('other', id)).rejects.toMatchObject({ code: 'session.not_found' });
      await expect(sessions.nextTurnSequence('other', id)).rejects.toMatchObject({
        code: 'session.not_found',
      });
    });

    it('keep the summary that reaches furthest', async () => {
      const id = ulid();
      await sessions.create('acme', id);
      for (const through of [4, 8, 6])
        await sessions.saveSummary('acme', id, { text: `to ${through}`, through, model: 'm' });
      await sessions.saveSummary('other', id, { text: 'not yours', through: 99, model: 'm' });
      expect((await sessions.get('acme', id)).summary).toEqual({ text: 'to 8', through: 8, model: 'm' });
    });

    it('hand out each place once to fifty callers at the same time', async () => {
      const id = ulid();
      await sessions.create('acme', id);
      const sequences = await Promise.all(
        Array.from({ length: 50 }, () => sessions.nextTurnSequence('acme', id)),
      );
      expect(sequences.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    });
  });

  describe('leases', () => {
    it('are held by one of many who ask at once, until they end or are given back', async () => {
      const leases = new LeaseRepository(store);
      await leases.onModuleInit();
      const name = ulid();
      const now = new Date();
      const asked = await Promise.all(
        ['a', 'b', 'c', 'd', 'e'].map((owner) => leases.acquire(name, owner, 1_000, now)),
      );
      expect(asked.filter(Boolean)).toHaveLength(1);
      const owner = ['a', 'b', 'c', 'd', 'e'][asked.indexOf(true)]!;
      expect(await leases.acquire(name, owner, 2_000, now)).toBe(true);
      expect(await leases.acquire(name, 'other', 1_000, new Date(now.getTime() + 1_500))).toBe(false);
      const later = new Date(now.getTime() + 2_001);
      const rivals = await Promise.all(
        ['f', 'g', 'h'].map((rival) => leases.acquire(name, rival, 1_000, later)),
      );
      expect(rivals.filter(Boolean)).toHaveLength(1);
      await leases.release(name, owner);
      expect(await leases.acquire(name, 'other', 1_000, later)).toBe(false);
      await leases.release(name, ['f', 'g', 'h'][rivals.indexOf(true)]!);
      expect(await leases.acquire(name, 'other', 1_000, later)).toBe(true);
    });
  });

  describe('turns', () => {
    it('are kept as they were transcribed, however often they come', async () => {
      const turn = aTurn();
      await turns.createTranscribed(turn);
      await turns.createTranscribed({ ...turn, text: 'something else' });
      const { identity, occurredAt, ...transcribed } = turn;
      expect(await turns.get(identity)).toEqual({
        ...transcribed,
        id: identity.turn,
        tenant: identity.tenant,
        session: identity.session,
        state: 'transcribed',
        draft: [],
        speech: [],
        unspoken: [],
        createdAt: new Date(occurredAt),
      });
      await expect(turns.get({ ...identity, tenant: 'other' })).rejects.toMatchObject({
        code: 'turn.not_found',
      });
    });

    it('refuse a second turn at a taken place', async () => {
      const turn = aTurn();
      await turns.createTranscribed(turn);
      const rival = aTurn({ identity: { ...turn.identity, turn: ulid() } });
      await expect(turns.createTranscribed(rival)).rejects.toMatchObject({ code: 'request.invalid' });
    });

    it('let the first of two writers decide a sentence and keep the sentences in order', async () => {
      const turn = aTurn();
      await turns.createTranscribed(turn);
      const rivals = await Promise.all(
        ['Hello.', 'Good day.', 'Hi.'].map((text) =>
          turns.appendSentence(turn.identity, { index: 0, text, model: 'm' }),
        ),
      );
      expect(new Set(rivals.map(({ text }) => text)).size).toBe(1);
      await expect(
        turns.appendSentence(turn.identity, { index: 2, text: 'Too early.', model: 'm' }),
      ).rejects.toMatchObject({
        code: 'turn.not_found',
      });
      await turns.appendSentence(turn.identity, { index: 1, text: 'How are you?', model: 'm' });
      expect((await turns.get(turn.identity)).draft).toEqual([
        rivals[0],
        { index: 1, text: 'How are you?', model: 'm' },
      ]);
    });

    it('tell what is known of their sentences once one is recorded, and are not found when they are gone', async () => {
      const turn = aTurn();
      await turns.createTranscribed(turn);
      const audio = { key: 'speech/a.mp3', contentType: 'audio/mpeg', bytes: 10 };
      const speech = { index: 1, audio, durationMs: 900, engine: 'local', voice: 'en', words: [] };
      expect(await turns.recordSpeech(turn.identity, speech)).toEqual({ speech: [speech], unspoken: [] });
      const first = { ...speech, index: 0 };
      const both = { speech: [speech, first], unspoken: [] };
      expect(await turns.recordSpeech(turn.identity, first)).toEqual(both);
      // Somebody else has recorded it.
      expect(await turns.recordSpeech(turn.identity, { ...first, durationMs: 1 })).toMatchObject(both);
      await turns.deleteSession(turn.identity.tenant, turn.identity.session);
      await expect(turns.recordSpeech(turn.identity, first)).rejects.toMatchObject({
        code: 'turn.not_found',
      });
    });

    it('keep the first reply, the first speech of a sentence and the first failure', async () => {
      const turn = aTurn();
      await turns.createTranscribed(turn);
      const reply = { text: 'Hello.', sentences: 1, model: 'm', corrections: [], repliedAt: new Date(5) };
      await turns.completeReply(turn.identity, reply);
      await turns.completeReply(turn.identity, { ...reply, text: 'Another.' });
      const audio = { key: 'speech/a.mp3', contentType: 'audio/mpeg', bytes: 10 };
      const speech = { index: 0, audio, durationMs: 900, engine: 'local', voice: 'en', words: [] };
      await turns.recordSpeech(turn.identity, speech);
      await turns.recordSpeech(turn.identity, { ...speech, durationMs: 1 });
      const error = { code: 'x', message: 'x', retryable: false };
      const unspoken = {
        index: 1,
        error,
        degraded: { stage: 'speech' as const, from: 'polly', to: 'text', reason: 'upstream.unavailable' },
      };
      for (const index of [0, 1, 1]) await turns.recordUnspoken(turn.identity, { ...unspoken, index });
      await turns.recordSpeech(turn.identity, { ...speech, index: 1 });
      const failure = { stage: 'tts', error: { code: 'x', message: 'x', retryable: false } } as const;
      await turns.fail(turn.identity, failure);
      await turns.fail(turn.identity, { ...failure, stage: 'conversation' });
      expect(await turns.get(turn.identity)).toMatchObject({
        state: 'replied',
        reply,
        speech: [speech],
        unspoken: [unspoken],
        failure,
      });
    });

    it('are to be indexed for search again once a late reply is there', async () => {
      const turn = aTurn();
      const { tenant, turn: id } = turn.identity;
      await turns.createTranscribed(turn);
      const index = new TurnSearchRepository(store);
      const find = async (term: string) =>
        (await index.find(tenant, { terms: [term], limit: 5 })).turns.map((found) => found.id);
      const isDue = async () =>
        (await index.unindexed(new Date(Date.now() + 60_000), 1_000)).some(({ _id }) => _id === id);
      const entry = (...terms: string[]) => ({ mode: 'conversation', terms });
      await index.index(tenant, id, entry('zebra'), false);
      expect([await isDue(), await find('zebra')]).toEqual([false, [id]]);
      const reply = { text: 'A giraffe?', sentences: 1, model: 'm', corrections: [], repliedAt: new Date(5) };
      await turns.completeReply(turn.identity, reply);
      // Whoever writes that reply may die before it is indexed; what was indexed is found meanwhile.
      expect([await isDue(), await find('zebra')]).toEqual([true, [id]]);
      // What was read of the turn before it had its reply.
      await index.index(tenant, id, entry('zebra'), false);
      expect(await isDue()).toBe(true);
      await index.index(tenant, id, entry('zebra', 'giraffe'), true);
      expect([await isDue(), await find('giraffe')]).toEqual([false, [id]]);
    });

    it('remember of an interrupted reply what was played of it, and keep the first report', async () => {
      const turn = aTurn();
      await turns.createTranscribed(turn);
      const reply = {
        text: 'Hello. How are you?',
        sentences: 2,
        model: 'm',
        corrections: [],
        repliedAt: new Date(5),
      };
      await turns.completeReply(turn.identity, reply);
      await turns.recordInterruption(turn.identity, 'Hello.');
      await turns.recordInterruption(turn.identity, 'Hello. How');
      const { tenant, session } = turn.identity;
      expect(await turns.recentExchanges(tenant, session, 2, 1)).toMatchObject([
        { answered: 'Hello.', interrupted: true, reply: 'Hello. How are you?' },
      ]);

      const report = {
        uncertain: false,
        makesSense: true,
        errors: [],
        suggestions: [],
        improved: 'x',
        rubric: null,
        model: 'm',
      };
      expect(await turns.recordFeedback(turn.identity, report)).toEqual(report);
      expect(await turns.recordFeedback(turn.identity, { ...report, model: 'other' })).toEqual(report);
    });

    it('give the model the last answered exchanges before a turn, oldest first', async () => {
      const { session } = anIdentity();
      for (let sequence = 1; sequence <= 5; sequence += 1) {
        const identity = anIdentity({ session });
        await turns.createTranscribed(aTurn({ identity, sequence, text: `said ${sequence}` }));
        const reply = {
          text: `answer ${sequence}`,
          sentences: 1,
          model: 'm',
          corrections: [],
          repliedAt: new Date(),
        };
        if (sequence !== 3) await turns.completeReply(identity, reply);
      }
      expect(await turns.recentExchanges('acme', session, 5, 2)).toEqual([
        { sequence: 2, said: 'said 2', ...answered('answer 2') },
        { sequence: 4, said: 'said 4', ...answered('answer 4') },
      ]);
      expect(await turns.recentExchanges('other', session, 5, 2)).toEqual([]);
      expect((await turns.list('acme', session, { after: 2 })).map(({ text }) => text)).toEqual([
        'said 3',
        'said 4',
        'said 5',
      ]);
      expect(await turns.findPrevious('acme', session, 4)).toMatchObject({
        sequence: 3,
        state: 'transcribed',
      });
    });
  });

  it('lists summaries by when their sessions began, in pages that miss none and repeat none', async () => {
    const summaries = new ClosingSummaryRepository(store);
    await summaries.onModuleInit();
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
    // Ids that say nothing of the time, and moments with several sessions.
    const began = [3, 1, 2, 1, 2, 2, 0, 3, 1, 2].map(at);
    const records = began.map((startedAt, number): ClosingSummaryRecord => ({
      ...{
        session: ulid(number * 7_919_000),
        tenant: 'pages',
        mode: number % 2 === 0 ? 'grammar' : 'reading',
      },
      ...{ user: 'ada', language: number % 3 === 0 ? 'de' : 'en', writtenIn: 'en', model: 'm', turns: 1 },
      ...{ summary: { title: 'x', subtitle: {} }, startedAt, endedAt: startedAt, createdAt: startedAt },
    }));
    for (const record of records) await summaries.keep(record);
    const newestFirst = (chosen: readonly ClosingSummaryRecord[]) =>
      [...chosen]
        .sort(
          (one, other) =>
            other.startedAt.getTime() - one.startedAt.getTime() || (one.session < other.session ? 1 : -1),
        )
        .map(({ session }) => session);
    const pages = async (asked: Partial<Parameters<ClosingSummaryRepository['page']>[1]>, limit: number) => {
      const seen: ClosingSummaryRecord[] = [];
      for (;;) {
        const page = await summaries.page('pages', { ...asked, before: seen.at(-1), limit });
        seen.push(...page);
        if (page.length < limit) return seen.map(({ session }) => session);
      }
    };
    for (const limit of [1, 2, 3, 20]) {
      expect(await pages({}, limit)).toEqual(newestFirst(records));
      const dated = records.filter(({ startedAt }) => startedAt >= at(1) && startedAt < at(3));
      expect(await pages({ from: at(1), to: at(3) }, limit)).toEqual(newestFirst(dated));
      const grammar = records.filter(({ mode, language }) => mode === 'grammar' && language === 'en');
      expect(await pages({ mode: 'grammar', language: 'en' }, limit)).toEqual(newestFirst(grammar));
    }
    const exported: object[] = [];
    for await (const one of summaries.exportLearner('pages', 'ada')) exported.push(one);
    expect(exported).toHaveLength(10);
  });

  it('knows which speech is kept: what was used last goes last, and one record is removed once', async () => {
    const kept = new KeptSpeechRepository(store);
    await kept.onModuleInit();
    const facts = { tenant: 'acme', durationMs: 1, engine: 'e', voice: 'v', words: [] };
    const record = (key: string, bytes: number, usedAt: number) => ({
      ...facts,
      key,
      audio: { key: `speech/${key}`, contentType: 'audio/mpeg', bytes },
      usedAt: new Date(usedAt),
    });
    expect(await kept.totalBytes()).toBe(0);
    for (const one of [record('a', 10, 1), record('b', 20, 2), record('c', 30, 3)]) await kept.add(one);
    expect(await kept.add(record('a', 99, 9))).toMatchObject({ audio: { bytes: 10 } });
    await kept.use('b', new Date(20));
    expect(await kept.use('z', new Date(20))).toBeUndefined();
    expect(await kept.totalBytes()).toBe(60);
    const oldest = await kept.leastRecentlyUsed(3);
    expect(oldest.map(({ key }) => key)).toEqual(['c', 'a', 'b']);
    const removed = await Promise.all([kept.remove(oldest[0]!), kept.remove(oldest[0]!)]);
    expect(removed.sort()).toEqual([false, true]);
    await kept.use('a', new Date(30));
    expect(await kept.remove(oldest[1]!)).toBe(false);
    expect(await kept.totalBytes()).toBe(30);
  });

  it('says it is ready while it answers, and names a lost store by its code', async () => {
    const second = await DocumentStoreServer.start({ isDisturbed: true });
    const connection = await StoreConnection.open({ mongodbUri: second.uri('x'), name: 'test' }, logger);
    const repository = new SessionRepository(connection);
    expect(await connection.isReady()).toBe(true);
    await second.stop();
    expect(await connection.isReady()).toBe(false);
    await expect(repository.find('acme', ulid())).rejects.toMatchObject({
      code: 'store.unavailable',
      retryable: true,
    });
    await connection.close();
  }, 40_000);
});
