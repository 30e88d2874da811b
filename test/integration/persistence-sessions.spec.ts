/** Sessions in the document store: their settings and ends, their pages, a user's statistics. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import {
  SessionRepository,
  StatisticsRepository,
  StoreConnection,
  TurnRepository,
  type NewSession,
} from '@parlance/persistence';
import { DocumentStoreServer } from '../support/mongo.js';
import { silentLogger } from '../support/silent-logger.js';
import { anIdentity, aTurn } from '../support/turn-factory.js';

const NO_SCORES = { fluency: 0, pace: 0, pauses: 0, soundQuality: 0, overall: 0 };
const NOTHING_SAID = { turns: 0, spokenWords: 0, speakingMs: 0, scoredTurns: 0, scoreSums: NO_SCORES };
const END = { reason: 'completed', totals: NOTHING_SAID };

describe('sessions in the document store', () => {
  let server: DocumentStoreServer;
  let store: StoreConnection;
  let sessions: SessionRepository;
  let turns: TurnRepository;
  let statistics: StatisticsRepository;

  beforeAll(async () => {
    server = await DocumentStoreServer.start({ indexed: true });
    store = await StoreConnection.open({ mongodbUri: server.uri('sessions'), name: 'test' }, silentLogger);
    sessions = new SessionRepository(store);
    turns = new TurnRepository(store);
    statistics = new StatisticsRepository(store);
    await sessions.onModuleInit();
    await turns.onModuleInit();
  }, 60_000);

  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  const begin = (session: NewSession = {}, at = new Date()) => sessions.create('acme', ulid(), session, at);

  it('begin with what they are given and the defaults for the rest, and are found so', async () => {
    const made = await begin({ user: 'ada', settings: { speed: 0.8 }, context: { level: 'B1' } });
    expect(made).toMatchObject({
      user: 'ada',
      status: 'active',
      settings: { speed: 0.8, ttsEnabled: true, sttMode: 'auto' },
      context: { level: 'B1', mode: 'conversation' },
    });
    expect(await sessions.get('acme', made.id)).toEqual(made);
  });

  it('of an earlier release, without settings, context and status, are active and have the defaults', async () => {
    const [id, at] = [ulid(), new Date(0)];
    await store.raw.collection<{ _id: string }>('sessions').insertOne({
      _id: id,
      tenant: 'acme',
      lastSequence: 4,
      createdAt: at,
      lastActiveAt: at,
    } as { _id: string });
    expect(await sessions.get('acme', id)).toMatchObject({
      status: 'active',
      settings: { ttsEnabled: true, voice: '' },
      context: { mode: 'conversation' },
    });
    expect(await sessions.nextTurn('acme', id)).toMatchObject({ sequence: 5 });
    expect((await sessions.end('acme', id, END)).endedNow).toBe(true);
  });

  it('of an earlier release have the modes that do now what theirs did', async () => {
    for (const [earlier, mode] of [
      ['correction', 'grammar'],
      ['role-play', 'conversation'],
      ['exam', 'assessment'],
    ] as const) {
      const { id } = await begin({ context: { mode: earlier } });
      expect((await sessions.get('acme', id)).context.mode).toBe(mode);
    }
  });

  it('take changes of single settings and of parts of the context; the rest stays', async () => {
    const { id } = await begin({ settings: { voice: 'joe' }, context: { lesson: 'l-1' } });
    await sessions.updateSettings({ tenant: 'acme' }, id, { speed: 1.5, voice: undefined });
    await sessions.updateContext({ tenant: 'acme' }, id, { level: 'A2', material: 'A text.' });
    const { session } = await sessions.nextTurn('acme', id);
    expect(session.settings).toMatchObject({ voice: 'joe', speed: 1.5 });
    expect(session.context).toMatchObject({ lesson: 'l-1', level: 'A2', material: 'A text.' });
  });

  it('are ended once by ten callers, and then take no turn and no change', async () => {
    const { id } = await begin({ user: 'ada' }, new Date(Date.now() - 5_000));
    const ends = await Promise.all(Array.from({ length: 10 }, () => sessions.end('acme', id, END)));
    expect(ends.filter(({ endedNow }) => endedNow)).toHaveLength(1);
    const [{ session }] = ends as [(typeof ends)[number]];
    expect(session).toMatchObject({ status: 'ended', endReason: 'completed' });
    expect(session.metrics?.durationMs).toBeGreaterThanOrEqual(5_000);
    const ended = { code: 'session.ended' };
    await expect(sessions.nextTurn('acme', id)).rejects.toMatchObject(ended);
    await expect(sessions.updateSettings({ tenant: 'acme' }, id, { speed: 2 })).rejects.toMatchObject(ended);
    await expect(sessions.updateContext({ tenant: 'acme' }, id, {})).rejects.toMatchObject(ended);
    const missing = { code: 'session.not_found' };
    await expect(sessions.end('globex', id, END)).rejects.toMatchObject(missing);
    await expect(sessions.updateSettings({ tenant: 'globex' }, id, {})).rejects.toMatchObject(missing);
  });

  it('are seen by their user and by their tenant alone', async () => {
    const { id } = await begin({ user: 'ada' });
    expect((await sessions.getFor({ tenant: 'acme', user: 'ada' }, id)).id).toBe(id);
    expect((await sessions.getFor({ tenant: 'acme' }, id)).id).toBe(id);
    for (const stranger of [
      { tenant: 'acme', user: 'bob' },
      { tenant: 'globex' },
      { tenant: 'globex', user: 'ada' },
    ])
      await expect(sessions.getFor(stranger, id)).rejects.toMatchObject({ code: 'session.not_found' });
  });

  it('may be a user’s only active one: of ten at once one begins, and after its end another', async () => {
    const user = ulid();
    const rivals = await Promise.allSettled(
      Array.from({ length: 10 }, () => begin({ user, onlyActive: true })),
    );
    const begun = rivals.filter((rival) => rival.status === 'fulfilled');
    expect(begun).toHaveLength(1);
    const refused = rivals.find((rival) => rival.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'session.already_active' });
    const { id } = begun[0]!.value;
    expect((await sessions.findActive('acme', user))?.id).toBe(id);
    await begin({ user: ulid(), onlyActive: true });
    await sessions.end('acme', id, END);
    expect(await sessions.findActive('acme', user)).toBeUndefined();
    await begin({ user, onlyActive: true });
  });

  it('are listed newest first, page by page, each once', async () => {
    const user = ulid();
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      made.unshift(ulid(1_000_000 + index));
      await sessions.create('acme', made[0]!, { user });
    }
    const first = await sessions.page('acme', { user, limit: 3 });
    const second = await sessions.page('acme', { user, limit: 3, before: first.at(-1)?.id });
    expect([...first, ...second].map(({ id }) => id)).toEqual(made);
    await sessions.end('acme', made[1]!, END);
    const ended = await sessions.page('acme', { user, status: 'ended', limit: 3 });
    expect(ended.map(({ id }) => id)).toEqual([made[1]]);
    expect(await sessions.page('acme', { user, status: 'active', limit: 10 })).toHaveLength(4);
    expect(await sessions.page('globex', { user, limit: 3 })).toEqual([]);
  });

  it('that are active are paged in order, those of an earlier release among them, past all that have ended', async () => {
    const [tenant, from] = ['paged', Date.parse('2024-05-01T12:00:00Z')];
    const documents = Array.from({ length: 45 }, (_, at) => ({
      ...{ _id: ulid(from + at), tenant, user: 'ada', lastSequence: 0 },
      ...(at % 3 === 0 ? {} : { status: at % 3 === 1 ? 'active' : 'ended' }),
      ...{ createdAt: new Date(from + at), lastActiveAt: new Date(from + at) },
    }));
    await store.raw.collection<{ _id: string }>('sessions').insertMany(documents);
    const active = documents.filter(({ status }) => status !== 'ended').map(({ _id }) => _id);
    const idsOf = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id);
    for (const user of [undefined, 'ada']) {
      const seen: string[] = [];
      for (let isWhole = true; isWhole;) {
        const page = { user, status: 'active', before: seen.at(-1), limit: 4 } as const;
        const found = await sessions.page(tenant, page);
        seen.push(...idsOf(found));
        isWhole = found.length === 4;
      }
      expect(seen).toEqual(active.toReversed());
    }
    const idle = (await sessions.idle(new Date(from + 40), 1_000)).filter((one) => one.tenant === tenant);
    expect(idsOf(idle)).toEqual(active.filter((_, at) => at < active.length - 3));
  });

  it('that are idle are found and ended, unless something happens meanwhile', async () => {
    const long = new Date(Date.now() - 3_600_000);
    const [left, used] = [await begin({}, long), await begin({}, long)];
    const since = new Date(Date.now() - 1_800_000);
    const idle = (await sessions.idle(since, 100)).map(({ id }) => id);
    expect(idle).toEqual(expect.arrayContaining([left.id, used.id]));
    await sessions.touch('acme', used.id);
    const sweep = { reason: 'idle', totals: NOTHING_SAID, idleSince: since };
    expect((await sessions.end('acme', used.id, sweep)).endedNow).toBe(false);
    const { session, endedNow } = await sessions.end('acme', left.id, sweep);
    expect(endedNow).toBe(true);
    expect(session).toMatchObject({ endReason: 'idle', metrics: { durationMs: 0 } });
    expect((await sessions.idle(since, 100)).map(({ id }) => id)).not.toContain(left.id);
  });

  it('add up to what their user did, whether they have ended or not', async () => {
    const user = ulid();
    const started = new Date('2026-03-01T10:00:00Z');
    const one = await begin({ user }, started);
    const other = await begin({ user });
    for (const [session, day] of [
      [one, '2026-03-01'],
      [one, '2026-03-02'],
      [other, '2026-03-02'],
    ] as const) {
      const { sequence } = await sessions.nextTurn('acme', session.id, new Date(`${day}T12:00:00Z`));
      await turns.createTranscribed(aTurn({ identity: anIdentity({ session: session.id }), sequence }));
    }
    // A typed turn has no scores.
    const { sequence } = await sessions.nextTurn('acme', one.id, new Date('2026-03-02T12:00:00Z'));
    const identity = anIdentity({ session: one.id });
    await turns.createTranscribed(aTurn({ identity, sequence, measures: undefined, scores: undefined }));
    const totals = await statistics.turnTotals('acme', [one.id]);
    expect(totals).toMatchObject({
      turns: 3,
      scoredTurns: 2,
      spokenWords: 18,
      speakingMs: 4_000,
      scoreSums: { fluency: 160 },
    });
    await sessions.end('acme', one.id, { reason: 'completed', totals });
    expect(await statistics.userTotals('acme', user)).toMatchObject({
      sessions: 2,
      turns: 4,
      spokenWords: 27,
      speakingMs: 6_000,
      scoredTurns: 3,
      scoreSums: { fluency: 240, overall: 258 },
      firstActiveAt: started,
      lastActiveAt: new Date('2026-03-02T12:00:00Z'),
    });
    expect(await statistics.activeDays('acme', user)).toEqual(['2026-03-02', '2026-03-01']);
    expect(await statistics.userTotals('globex', user)).toMatchObject({ sessions: 0, turns: 0 });
  });

  it('are found by mode, language, state and time, also where they were stored with defaults', async () => {
    const user = ulid();
    const plain = await begin({ user });
    const grammar = await begin({ user, context: { mode: 'grammar' }, settings: { language: 'es' } });
    const closed = await begin({ user, metadata: { class: '7b' } });
    const expired = await begin({ user }, new Date(Date.now() - 10_000));
    await sessions.end('acme', closed.id, END);
    await sessions.end('acme', expired.id, {
      ...END,
      reason: 'idle',
      idleSince: new Date(Date.now() - 5_000),
    });
    const found = async (page: object) =>
      (await sessions.page('acme', { user, limit: 10, ...page })).map(({ id }) => id);
    expect(await found({ mode: 'grammar' })).toEqual([grammar.id]);
    expect((await found({ mode: 'conversation' })).sort()).toEqual([plain.id, closed.id, expired.id].sort());
    expect(await found({ language: 'es' })).toEqual([grammar.id]);
    expect((await found({ state: 'active' })).sort()).toEqual([plain.id, grammar.id].sort());
    expect(await found({ state: 'closed' })).toEqual([closed.id]);
    expect(await found({ state: 'expired', mode: 'conversation' })).toEqual([expired.id]);
    const all = await found({});
    expect(await found({ since: all[1], before: all[0] })).toEqual([all[1]]);
    expect(await found({ skip: 3 })).toEqual([all[3]]);
    expect(await sessions.get('acme', closed.id)).toMatchObject({
      state: 'closed',
      metadata: { class: '7b' },
    });
  });

  it('take 1,000 turns, and then say that they are full', async () => {
    const { id } = await begin();
    const collection = store.raw.collection<{ _id: string }>('sessions');
    await collection.updateOne({ _id: id }, { $set: { lastSequence: 999 } });
    expect(await sessions.nextTurnSequence('acme', id)).toBe(1_000);
    await expect(sessions.nextTurn('acme', id)).rejects.toMatchObject({ code: 'session.full' });
    await sessions.end('acme', id, END);
    await expect(sessions.nextTurn('acme', id)).rejects.toMatchObject({ code: 'session.ended' });
  });

  it('have the means of the marks that their turns have; the first evaluation of a turn stays', async () => {
    const { id: session } = await begin();
    const nothing = {
      turns: 0,
      total: null,
      fluency: null,
      vocabulary: null,
      grammar: null,
      pronunciation: null,
    };
    expect(await statistics.evaluationMeans('acme', session)).toEqual(nothing);
    const weights = { fluency: 0, vocabulary: 0.5, grammar: 0.5, pronunciation: 0 };
    const evaluation = (grammar: number) => ({
      ...{ fluency: null, pronunciation: null, weights, mode: 'grammar', model: 'm' },
      vocabulary: { mark: 3, evidence: [] },
      grammar: { mark: grammar, evidence: ['go'] },
      total: 10 * (3 + grammar),
    });
    for (const [index, grammar] of [2, 5].entries()) {
      const turn = aTurn({ identity: anIdentity({ session }), sequence: index + 1 });
      await turns.createTranscribed(turn);
      expect(await turns.recordEvaluation(turn.identity, evaluation(grammar))).toEqual(evaluation(grammar));
      expect(await turns.recordEvaluation(turn.identity, evaluation(0))).toEqual(evaluation(grammar));
    }
    await turns.createTranscribed(aTurn({ identity: anIdentity({ session }), sequence: 3 }));
    expect(await statistics.evaluationMeans('acme', session)).toEqual({
      ...{ turns: 2, total: 65, fluency: null, vocabulary: 3, grammar: 3.5, pronunciation: null },
    });
    expect(await statistics.evaluationMeans('globex', session)).toEqual(nothing);
  });
});
