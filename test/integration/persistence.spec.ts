import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import { SessionRepository, StoreConnection, TurnRepository } from '@parlance/persistence';
import { createLogger } from '@parlance/telemetry';
import { DocumentStoreServer } from '../support/mongo.js';
import { anIdentity, aTurn } from '../support/turn-factory.js';

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

    it('hand out each place once to fifty callers at the same time', async () => {
      const id = ulid();
      await sessions.create('acme', id);
      const sequences = await Promise.all(
        Array.from({ length: 50 }, () => sessions.nextTurnSequence('acme', id)),
      );
      expect(sequences.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
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

    it('keep the first reply, the first speech of a sentence and the first failure', async () => {
      const turn = aTurn();
      await turns.createTranscribed(turn);
      const reply = { text: 'Hello.', sentences: 1, model: 'm', corrections: [], repliedAt: new Date(5) };
      await turns.completeReply(turn.identity, reply);
      await turns.completeReply(turn.identity, { ...reply, text: 'Another.' });
      const audio = { key: 'speech/a.mp3', contentType: 'audio/mpeg', bytes: 10 };
      const speech = { index: 0, audio, durationMs: 900, engine: 'local', voice: 'en' };
      await turns.recordSpeech(turn.identity, speech);
      await turns.recordSpeech(turn.identity, { ...speech, durationMs: 1 });
      const failure = { stage: 'tts', error: { code: 'x', message: 'x', retryable: false } } as const;
      await turns.fail(turn.identity, failure);
      await turns.fail(turn.identity, { ...failure, stage: 'conversation' });
      expect(await turns.get(turn.identity)).toMatchObject({
        state: 'replied',
        reply,
        speech: [speech],
        failure,
      });
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
        { said: 'said 2', answered: 'answer 2' },
        { said: 'said 4', answered: 'answer 4' },
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

  it('says it is ready while it answers, and names a lost store by its code', async () => {
    const second = await DocumentStoreServer.start();
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
