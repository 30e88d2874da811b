/** Sessions over REST, and who may see them: access tokens, settings that turns use, transcripts, statistics, ends. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ulid } from 'ulid';
import { SessionRepository, StoreConnection } from '@parlance/persistence';
import { accessToken, asUser, BAD_TOKENS } from '../support/access-token.js';
import { ListenClient } from '../support/listen-client.js';
import { NO_MODELS } from '../support/models.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { silentLogger } from '../support/silent-logger.js';
import { READ_SPEECH, speechFile, wordsOf } from '../support/speech-samples.js';
import type { TurnView } from '../support/turn-view.js';
import { until } from '../support/until.js';

const VOICE = '/api/v1/voice';
/** Swept every 10 to 12 seconds; no session of these tests rests so long. */
const IDLE_MS = 40_000;

jest.setTimeout(120_000);

interface SessionAnswer {
  readonly id: string;
  readonly user: string | null;
  readonly status: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly error: { readonly code: string; readonly message: string };
}

describe('voice sessions over REST', () => {
  let platform: Platform;
  let store: StoreConnection;
  let sessions: SessionRepository;
  const left = ulid();

  beforeAll(async () => {
    platform = await Platform.start({
      gateways: 2,
      gateway: { PARLANCE_SESSION_IDLE_MS: String(IDLE_MS) },
      tts: NO_MODELS,
    });
    const mongodbUri = platform.documents.uri('parlance');
    store = await StoreConnection.open({ mongodbUri, name: 'test' }, silentLogger);
    sessions = new SessionRepository(store);
    await sessions.create('acme', left, { user: 'gone' }, new Date(Date.now() - 2 * IDLE_MS));
  });
  afterAll(async () => {
    await store?.close();
    await platform?.stop();
  });

  /** @param who  headers of the caller; a tenant's key where there are none */
  async function send<Answer = SessionAnswer>(
    method: string,
    path: string,
    {
      who = {},
      body,
      replica = 0,
    }: { who?: Readonly<Record<string, string>>; body?: unknown; replica?: number } = {},
  ): Promise<{ readonly status: number; readonly answer: Answer }> {
    const sent = body instanceof FormData ? body : body === undefined ? null : JSON.stringify(body);
    const type = typeof sent === 'string' ? { 'content-type': 'application/json' } : {};
    const headers = { ...type, ...who };
    const response = await platform.gateways[replica]!.fetch(`${VOICE}${path}`, {
      method,
      headers,
      body: sent,
    });
    return { status: response.status, answer: (await response.json()) as Answer };
  }

  function recording(fields: Readonly<Record<string, string>> = {}): FormData {
    const form = new FormData();
    form.set('audio', new Blob([readFileSync(speechFile(READ_SPEECH.letter))]), 'turn.opus');
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return form;
  }

  it('session/init begins a session with sttMode, ttsEnabled, autoSpeak, language, voice and speed, and resumes it', async () => {
    const who = await asUser('ada');
    const settings = { sttMode: 'server', autoSpeak: false, language: 'english', speed: 0.8, assess: true };
    const { status, answer } = await send('POST', '/session/init', { who, body: { settings } });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      sessionId: answer.id,
      resumed: false,
      user: 'ada',
      settings: { ...settings, language: 'en', ttsEnabled: true, voice: '', expectedText: '' },
      context: { mode: 'conversation' },
      voiceState: { status: 'ready', lastTurn: null },
      sockets: { listen: `/v1/listen?converse=true&session=${answer.id}`, socketio: { url: '/voice' } },
    });
    const again = { resume: true, settings: { speed: 1 }, context: { level: 'B2' } };
    const resumed = await send('POST', '/session/init', { who, body: again, replica: 1 });
    expect(resumed.answer).toMatchObject({
      sessionId: answer.id,
      resumed: true,
      settings: { speed: 1, autoSpeak: false },
      context: { level: 'B2' },
    });
    const fresh = await send('POST', '/session/init', { who });
    expect(fresh.answer).toMatchObject({ resumed: false });
    expect(fresh.answer.id).not.toBe(answer.id);
  });

  it('sessions begins one for a lesson and an enrolment; oneActive refuses, resumes or ends the active one', async () => {
    const who = { 'x-parlance-user': 'bob' };
    const lesson = { lesson: 'l-7', enrolment: 'e-9', oneActive: true };
    const first = await send('POST', '/sessions', { who, body: lesson });
    expect(first.status).toBe(201);
    expect(first.answer).toMatchObject({ user: 'bob', context: { lesson: 'l-7', enrolment: 'e-9' } });
    const refused = await send('POST', '/sessions', { who, body: lesson, replica: 1 });
    expect(refused).toMatchObject({ status: 409, answer: { error: { code: 'session.already_active' } } });
    const resumed = await send('POST', '/sessions', { who, body: { ...lesson, onActive: 'resume' } });
    expect(resumed.answer).toMatchObject({ id: first.answer.id, resumed: true });
    const rivals = await Promise.all(
      [0, 1, 0, 1].map((replica) =>
        send('POST', '/sessions', { who, body: { ...lesson, onActive: 'end' }, replica }),
      ),
    );
    for (const rival of rivals) expect([201, 409]).toContain(rival.status);
    const active = await send<{ sessions: SessionAnswer[] }>('GET', '/sessions?status=active', { who });
    expect(active.answer.sessions).toHaveLength(1);
    expect(await send('GET', `/sessions/${first.answer.id}`, { who })).toMatchObject({
      answer: { status: 'ended', endReason: 'replaced' },
    });
  });

  it('upload-audio takes a turn with the settings; transcript and statistics tell of it; end ends once', async () => {
    const who = await asUser('cleo');
    const { answer: begun } = await send('POST', '/session/init', { who });
    const path = `/sessions/${begun.id}`;
    const changed = await send('PUT', `${path}/settings`, {
      who,
      body: { ttsEnabled: false, language: 'en' },
    });
    expect(changed.answer.settings).toMatchObject({ ttsEnabled: false, language: 'en', autoSpeak: true });
    const context = await send('PUT', `${path}/context`, { who, body: { mode: 'correction', level: 'A2' } });
    // The name of an earlier release.
    expect(context.answer.context).toMatchObject({ mode: 'grammar', level: 'A2' });

    const spoken = await send<TurnView>('POST', `${path}/upload-audio`, { who, body: recording() });
    expect(spoken).toMatchObject({
      status: 200,
      answer: { session: begun.id, status: 'complete', audio: null },
    });
    expect(wordsOf(spoken.answer.text)).toContain('letter');
    const aloud = await send<TurnView>('POST', `${path}/upload-audio`, {
      who,
      body: recording({ speak: 'true' }),
      replica: 1,
    });
    expect(aloud.answer).toMatchObject({ sequence: 2, audio: { url: expect.any(String) } });

    const found = await send('GET', path, { who });
    expect(found.answer).toMatchObject({
      voiceState: { status: 'ready', lastTurn: { sequence: 2, status: 'complete' } },
      metrics: { turns: 2, scores: { overall: expect.any(Number) } },
    });
    await transcriptsOf(path, who, spoken.answer);

    const end = await send('POST', `${path}/end`, { who, body: { reason: 'lesson over' } });
    expect(end.answer).toMatchObject({
      status: 'ended',
      endReason: 'lesson over',
      alreadyEnded: false,
      durationMs: expect.any(Number),
      metrics: { turns: 2, spokenWords: expect.any(Number), speakingMs: expect.any(Number) },
    });
    const second = await send('POST', `${path}/end`, { who, replica: 1 });
    expect(second.answer).toMatchObject({
      alreadyEnded: true,
      endReason: 'lesson over',
      metrics: { turns: 2 },
    });
    for (const [method, rest, body] of [
      ['POST', '/upload-audio', recording()],
      ['PUT', '/settings', { speed: 1 }],
      ['PUT', '/context', { level: 'B1' }],
    ] as const) {
      const refused = await send(method, `${path}${rest}`, { who, body });
      expect(refused).toMatchObject({ status: 409, answer: { error: { code: 'session.ended' } } });
    }
    const refused = await ListenClient.refusal(platform.gateway.url, { converse: 'true', session: begun.id });
    expect(refused).toMatchObject({ status: 409, error: { code: 'session.ended' } });

    const statistics = await send('GET', '/statistics', { who });
    expect(statistics.answer).toMatchObject({
      user: 'cleo',
      sessions: 1,
      turns: 2,
      activeDays: 1,
      streakDays: 1,
    });
    const byKey = await send('GET', '/statistics?user=cleo');
    expect(byKey.answer).toEqual(statistics.answer);
  });

  async function transcriptsOf(
    path: string,
    who: Readonly<Record<string, string>>,
    turn: TurnView,
  ): Promise<void> {
    const file = async (format: string): Promise<string> => {
      const response = await platform.gateway.fetch(`${VOICE}${path}/transcript?format=${format}`, {
        headers: who,
      });
      expect(response.status).toBe(200);
      return response.text();
    };
    expect((await file('txt')).split('\n')[0]).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d] User: \S/);
    expect(await file('srt')).toMatch(/^1\n00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\nUser: \S/);
    const json = JSON.parse(await file('json')) as { turns: { said: object; replied: object }[] };
    expect(json.turns).toHaveLength(2);
    expect(json.turns[0]).toMatchObject({ said: { text: turn.text }, replied: { text: turn.reply?.text } });
  }

  it('lists a user’s history in pages, newest first', async () => {
    const who = await asUser('dora');
    const made: string[] = [];
    for (let index = 0; index < 3; index += 1)
      made.unshift((await send('POST', '/sessions', { who })).answer.id);
    type Page = { sessions: SessionAnswer[]; nextCursor: string | null };
    const first = (await send<Page>('GET', '/sessions?limit=2', { who })).answer;
    expect(first.sessions.map(({ id }) => id)).toEqual(made.slice(0, 2));
    const rest = (await send<Page>('GET', `/sessions?limit=2&cursor=${first.nextCursor}`, { who })).answer;
    expect(rest).toMatchObject({ sessions: [{ id: made[2] }], nextCursor: null });
    const byKey = (await send<Page>('GET', '/sessions?user=dora')).answer;
    expect(byKey.sessions.map(({ id }) => id)).toEqual(made);
  });

  it('shows another user’s or tenant’s session and turns to nobody else, on any route', async () => {
    const owner = await asUser('eve');
    const { answer: begun } = await send('POST', '/session/init', { who: owner });
    const { turn } = await turnOf(begun.id, owner);
    const strangers = [
      await asUser('mallory'),
      await asUser('eve', { tenant: 'globex' }),
      { authorization: `Bearer ${OTHER_TENANTS_KEY}` },
      { authorization: `Bearer ${API_KEY}`, 'x-parlance-user': 'mallory' },
    ];
    const path = `/sessions/${begun.id}`;
    for (const who of strangers) {
      for (const [method, rest, body] of [
        ['GET', '', undefined],
        ['PUT', '/settings', { speed: 2 }],
        ['PUT', '/context', { level: 'C2' }],
        ['POST', '/end', {}],
        ['GET', '/transcript', undefined],
        ['POST', '/upload-audio', recording()],
      ] as const) {
        const refused = await send(method, `${path}${rest}`, { who, body });
        expect(refused).toMatchObject({ status: 404, answer: { error: { code: 'session.not_found' } } });
      }
      for (const other of [
        `sessions/${begun.id}`,
        `turns/${turn}`,
        `turns/${turn}/recording`,
        `turns/${turn}/audio`,
      ]) {
        const answer = await platform.gateway.fetch(`/api/v1/${other}`, { headers: who });
        expect({ other, status: answer.status }).toEqual({ other, status: 404 });
      }
    }
    const theirs = { converse: 'true', session: begun.id };
    const socket = await ListenClient.openInBrowser(
      platform.gateway.url,
      theirs,
      await accessToken('mallory'),
    );
    expect((await socket.closed).reason).toBe('session.not_found');
    const own = await ListenClient.openInBrowser(platform.gateway.url, theirs, await accessToken('eve'));
    own.control('CloseStream');
    expect((await own.closed).code).toBe(1000);
    expect((await send('GET', path, { who: owner })).answer).toMatchObject({
      status: 'active',
      settings: { speed: 1 },
    });
  });

  async function turnOf(
    session: string,
    who: Readonly<Record<string, string>>,
  ): Promise<{ readonly turn: string }> {
    const body = recording({ speak: 'false' });
    return {
      turn: (await send<TurnView>('POST', `/sessions/${session}/upload-audio`, { who, body })).answer.id,
    };
  }

  it('refuses tokens that are missing, expired, foreign, unsigned or of another user, by code', async () => {
    const bad = await Promise.all(BAD_TOKENS.map(async ([, token, code]) => [await token(), code] as const));
    for (const [token, code] of [...bad, ['not-a-token', 'auth.invalid_token'] as const]) {
      const who = { authorization: `Bearer ${token}` };
      expect(await send('POST', '/session/init', { who })).toMatchObject({
        status: 401,
        answer: { error: { code } },
      });
    }
    const who = await asUser('ada');
    const named = [{ who: { ...who, 'x-parlance-user': 'bob' } }, { who, body: { user: 'bob' } }];
    for (const request of named)
      expect(await send('POST', '/session/init', request)).toMatchObject({
        status: 403,
        answer: { error: { code: 'auth.forbidden' } },
      });
    expect((await send('POST', '/session/init', { body: { user: 'bob' } })).answer.user).toBe('bob');
    const log = JSON.stringify(platform.logOf('gateway'));
    for (const [token] of bad) expect(log).not.toContain(token.split('.')[1]!);
  });

  it.each<readonly [string, string, string, unknown]>([
    ['POST', '/session/init', 'sttMode', { sttMode: 'server' }],
    ['POST', '/session/init', 'settings.speed', { settings: { speed: 9 } }],
    ['POST', '/session/init', 'user', { resume: true }],
    ['POST', '/sessions', 'user', { oneActive: true }],
    ['POST', '/sessions', 'onActive', { onActive: 'end' }],
    ['POST', '/sessions', 'context.material', { context: { material: 'x'.repeat(20_001) } }],
    ['GET', '/sessions?limit=101', 'limit', undefined],
    ['GET', '/sessions?cursor=1', 'cursor', undefined],
    ['GET', '/sessions?page=2', 'page', undefined],
    ['GET', '/statistics', 'user', undefined],
  ])('%s %s is refused with the name of what is wrong: %s', async (method, path, name, body) => {
    const { status, answer } = await send(method, path, { body });
    expect({ status, code: answer.error.code }).toEqual({ status: 400, code: 'request.invalid' });
    expect(answer.error.message).toContain(name);
  });

  it('that are left idle are ended, by one of the replicas', async () => {
    const ended = await until(async () => {
      const session = await sessions.get('acme', left);
      return session.status === 'ended' ? session : undefined;
    }, 60_000);
    expect(ended).toMatchObject({ endReason: 'idle', state: 'expired', metrics: { turns: 0 } });
    const learning = await platform.gateway.fetch(`/api/v1/sessions/${left}`);
    expect(await learning.json()).toMatchObject({ id: left, state: 'expired', close_reason: 'idle' });
    const counts = platform.gateways.map((gateway) =>
      gateway.metric('parlance_gateway_sessions_ended_total{by="sweeper"}'),
    );
    expect((await Promise.all(counts)).filter((count) => count >= 1).length).toBeGreaterThanOrEqual(1);
  });
});
