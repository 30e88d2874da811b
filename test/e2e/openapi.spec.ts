import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ACCOUNTS_ENVIRONMENT, AUTH, PASSWORD, PROFILE } from '../support/account-rig.js';
import { deadLetterOf } from '../support/dead-letters.js';
import { learningCalls } from '../support/learning-calls.js';
import { modelFolder, OWN_MODEL, VAD_REQUEST } from '../support/model-folder.js';
import { MODEL_ENVIRONMENT, NO_MODELS } from '../support/models.js';
import { OpenApiDocument } from '../support/openapi.js';
import { PeopleServers, peopleCalls, PUBLIC_URL } from '../support/people-calls.js';
import { Platform } from '../support/platform.js';
import { queriesWithoutIndex } from '../support/query-plans.js';
import { ScoringModelFolder } from '../support/scoring-models.js';
import { drawnHand } from '../support/sign-images.js';
import { READ_SPEECH, speechFile, speechPcm } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

const VOICE = '/api/v1/voice';
const SESSIONS = '/api/v1/sessions';
const LEARNING = { user_external_id: 'ada', mode_code: 'grammar', language_code: 'en' };
const RAW = { encoding: 'linear16', sampleRate: 16_000, channels: 1 };
const USER = { 'x-parlance-user': 'ada' };

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('the OpenAPI document', () => {
  let platform: Platform;
  let people: PeopleServers;
  let models: string;
  let scores: ScoringModelFolder;
  let document: OpenApiDocument;
  /** Of an active session with one spoken turn and a joined recording, and of one that is deleted. */
  let session: string;
  let other: string;
  let learningSession: string;
  let turn: string;
  let link: string;
  let deadLetters: readonly string[];
  let login: { readonly accessToken: string; readonly refreshToken: string };
  beforeAll(async () => {
    people = await PeopleServers.start();
    models = await modelFolder(OWN_MODEL);
    scores = await ScoringModelFolder.make();
    platform = await Platform.start({
      tts: NO_MODELS,
      inference: {
        PARLANCE_MODELS: `${models},${MODEL_ENVIRONMENT.PARLANCE_MODELS}`,
        PARLANCE_SCORES: scores.path,
      },
      documents: { indexed: true, tellsPlans: true },
      gateway: {
        ...ACCOUNTS_ENVIRONMENT,
        ...people.environment,
        PARLANCE_SIGNING_SECRET: 'a secret that encrypts the keys of tests',
      },
    });
    document = await OpenApiDocument.load(platform.gateway.process.opsUrl);
    session = await begun();
    other = await begun();
    const client = await VoiceClient.connectAs('ada', platform.gateway.url);
    await client.join({ sessionId: session, settings: { assess: true } });
    await client.ask('voice:start-recording', { metadata: RAW });
    await client.speak(speechPcm(READ_SPEECH.letter), 0, 8);
    await client.ask('voice:stop-recording');
    ({ messageId: turn } = await until(() => client.parts('speech')[0], 30_000));
    const { metadata } = await until(() => client.parts('reply')[0], 30_000);
    await until(() => client.parts('speech').length === metadata.sentences, 30_000);
    await until(() => client.of('voice:assessed')[0], 30_000);
    client.close();
  });
  afterAll(async () => {
    await platform?.stop();
    await people?.stop();
    await rm(models, { recursive: true, force: true });
    await scores?.remove();
  });

  async function begun(): Promise<string> {
    const answer = await send(`${VOICE}/session/init`, json('POST', {}));
    return ((await answer.json()) as { id: string }).id;
  }

  function send(path: string, init: RequestInit = {}): Promise<Response> {
    return platform.gateway.fetch(path, { ...init, headers: { ...USER, ...init.headers } });
  }
  const json = (method: string, body: object): RequestInit => ({
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  function upload(field: string, fields: Readonly<Record<string, string>> = {}): RequestInit {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set(field, new Blob([readFileSync(speechFile(READ_SPEECH.letter))]), 'speech.opus');
    return { method: 'POST', body: form };
  }
  const ofSession = (rest = ''): string => `${VOICE}/sessions/${session}${rest}`;

  /** As the tenant itself: no user changes the catalogue. */
  const asTenant = (path: string, init?: RequestInit) => platform.gateway.fetch(`/api/v1/${path}`, init);
  const MODE = {
    code: 'debate',
    label: 'Debate',
    description: 'Two sides of a question.',
    rubric: { weights: { fluency: 0.4, vocabulary: 0.3, grammar: 0.2, pronunciation: 0.1 } },
    guidelines: ['Mark reasons.'],
    system_prompt: 'Take the other side.',
  };
  const LANGUAGE = { code: 'la', label: 'Latin', native_name: 'Latina', levels: ['A1'] };
  const SCENARIO = {
    code: 'library-card',
    title: 'Getting a library card',
    mode: 'conversation',
    level: 'A2',
    roles: { coach: 'the librarian', learner: 'a reader' },
    opening: 'Is it your first visit?',
    goals: [{ id: 'ask', goal: 'Ask for a card.', keywords: ['card'], questions: ['Yes?'] }],
  };
  /** Each operation of the catalogue's entries of one kind. */
  const catalogueCalls = (path: string, entry: { code: string }, change: object) => ({
    [`GET /api/v1/${path}`]: () => asTenant(`${path}?limit=100`),
    [`POST /api/v1/${path}`]: () => asTenant(path, json('POST', entry)),
    [`GET /api/v1/${path}/{id}`]: () => asTenant(`${path}/${entry.code}`),
    [`PATCH /api/v1/${path}/{id}`]: () => asTenant(`${path}/${entry.code}`, json('PATCH', change)),
    [`GET /api/v1/${path}/{id}/versions`]: () => asTenant(`${path}/${entry.code}/versions`),
    [`GET /api/v1/${path}/{id}/versions/{version}`]: () => asTenant(`${path}/${entry.code}/versions/1`),
    [`DELETE /api/v1/${path}/{id}`]: () => asTenant(`${path}/${entry.code}`, { method: 'DELETE' }),
  });
  /** As the call of a key's route answers that needs one of its own. */
  async function ofNewKey(method: string, rest = '', body?: object): Promise<Response> {
    const { id } = (await (await send('/api/v1/keys', json('POST', { name: 'Shop' }))).json()) as {
      id: string;
    };
    return send(`/api/v1/keys/${id}${rest}`, body ? json(method, body) : { method });
  }

  /** An answer that never ends by itself, up to its first event. */
  async function firstEvent(path: string): Promise<Response> {
    const { body, status, headers } = await asTenant(path);
    const reader = body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new Response(value, { status, headers });
  }

  let job: string;
  /** Keeps the id of the job that is begun. */
  async function jobOf(kind: 'exports' | 'erasures', user: string): Promise<Response> {
    const answer = await asTenant(`privacy/${kind}`, json('POST', { user }));
    ({ id: job } = (await answer.clone().json()) as { id: string });
    return answer;
  }

  const person = { organisation: 'acme', email: 'ada@example.com', password: PASSWORD };
  /** Keeps the tokens that an answer has. */
  async function loggedIn(answer: Response): Promise<Response> {
    if (answer.ok) login = (await answer.clone().json()) as typeof login;
    return answer;
  }
  /** A request of the account, by its own token. */
  const asPerson = (path: string, init: RequestInit = {}): Promise<Response> =>
    platform.gateway.fetch(path, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${login.accessToken}` },
    });

  const ofPeople = peopleCalls(() => people, person.email, { send, asPerson, json });
  const learning = learningCalls({
    tenant: asTenant,
    learner: (path, init) => send(`/api/v1/${path}`, init),
    speak: async () => {
      const answer = await send('/api/v1/turns', upload('audio', { speak: 'false' }));
      return ((await answer.json()) as { id: string }).id;
    },
  });

  /** Each operation of the Open Inference Protocol. */
  const modelCalls = Object.fromEntries([
    ...['/v2/health/live', '/v2/health/ready', '/v2', '/v2/models/stats'].map((path) => [
      `GET ${path}`,
      () => send(path),
    ]),
    ...['', '/versions/{version}'].flatMap((version) => {
      const model = `/v2/models/silero-vad${version.replace('{version}', '1')}`;
      return [
        ...['', '/ready', '/config', '/stats'].map((rest) => [
          `GET /v2/models/{model}${version}${rest}`,
          () => send(`${model}${rest}`),
        ]),
        [`POST /v2/models/{model}${version}/infer`, () => send(`${model}/infer`, json('POST', VAD_REQUEST))],
      ];
    }),
    ['POST /v2/repository/index', () => send('/v2/repository/index', json('POST', { ready: true }))],
    ...['load', 'unload'].map((what) => [
      `POST /v2/repository/models/{model}/${what}`,
      () => send(`/v2/repository/models/${OWN_MODEL}/${what}`, { method: 'POST' }),
    ]),
  ] as [string, () => Promise<Response>][]);

  /** A call of each operation that succeeds, in an order in which they all do. */
  const CALLS: Readonly<Record<string, () => Promise<Response>>> = {
    ...learning.begin,
    'GET /healthz': () => send('/healthz'),
    'GET /readyz': () => send('/readyz'),
    'GET /api/asyncapi.json': () => send('/api/asyncapi.json'),
    'POST /api/v1/organisations': () =>
      send('/api/v1/organisations', json('POST', { id: 'initech', name: 'Initech' })),
    'GET /api/v1/organisations': () => send('/api/v1/organisations?limit=1'),
    'GET /api/v1/organisations/{id}': () => send('/api/v1/organisations/initech'),
    'PATCH /api/v1/organisations/{id}': () =>
      send('/api/v1/organisations/initech', json('PATCH', { version: 1, signUp: true })),
    'POST /api/v1/auth/sign-up': async () => {
      await send('/api/v1/organisations/acme', json('PATCH', { version: 1, signUp: true }));
      return send(`${AUTH}/sign-up`, json('POST', { ...person, profile: { name: 'Ada' } }));
    },
    ...ofPeople.beforeLogIn,
    'POST /api/v1/auth/log-in': async () => loggedIn(await send(`${AUTH}/log-in`, json('POST', person))),
    ...ofPeople.afterLogIn,
    'POST /api/v1/auth/refresh': async () =>
      loggedIn(await send(`${AUTH}/refresh`, json('POST', { refreshToken: login.refreshToken }))),
    'POST /api/v1/auth/password': async () =>
      loggedIn(
        await asPerson(
          `${AUTH}/password`,
          json('POST', { current: PASSWORD, password: 'the next password' }),
        ),
      ),
    'GET /api/v1/profile': () => asPerson(PROFILE),
    'PATCH /api/v1/profile': () => asPerson(PROFILE, json('PATCH', { version: 1, level: 'B2' })),
    'GET /.well-known/jwks.json': () => send('/.well-known/jwks.json'),
    'POST /api/v1/auth/log-out': () =>
      send(`${AUTH}/log-out`, json('POST', { refreshToken: login.refreshToken })),
    'POST /api/v1/auth/log-out-everywhere': () => asPerson(`${AUTH}/log-out-everywhere`, { method: 'POST' }),
    'POST /api/v1/keys': () => send('/api/v1/keys', json('POST', { name: 'Shop', scopes: ['speech'] })),
    'GET /api/v1/keys': () => send('/api/v1/keys?limit=1'),
    'GET /api/v1/keys/{id}': () => ofNewKey('GET'),
    'PATCH /api/v1/keys/{id}': () => ofNewKey('PATCH', '', { version: 1, limits: { requestsPerSecond: 5 } }),
    'POST /api/v1/keys/{id}/rotate': () => ofNewKey('POST', '/rotate'),
    'DELETE /api/v1/keys/{id}': () => ofNewKey('DELETE'),
    'GET /api/v1/usage': () => asTenant('usage?groupBy=key&limit=5'),
    'GET /api/v1/limits': () => asTenant('limits'),
    'PUT /api/v1/limits/learners/{user}': () =>
      asTenant('limits/learners/ada', json('PUT', { version: 0, limits: { audioMinutesPerDay: 60 } })),
    'GET /api/v1/limits/learners/{user}': () => asTenant('limits/learners/ada'),
    'DELETE /api/v1/limits/learners/{user}': () => asTenant('limits/learners/ada', { method: 'DELETE' }),
    'GET /api/v1/learners': () => asTenant('learners?limit=5&text=a'),
    'GET /api/v1/learners/{user}': () => asTenant('learners/ada'),
    'GET /api/v1/learners/{user}/turns': () => asTenant('learners/ada/turns?limit=5'),
    'GET /api/v1/dead-letters': async () => {
      deadLetters = [await deadLetterOf(platform.nats.url), await deadLetterOf(platform.nats.url)];
      return asTenant('dead-letters?limit=5');
    },
    'POST /api/v1/dead-letters/{id}/retry': () =>
      asTenant(`dead-letters/${deadLetters[0]}/retry`, { method: 'POST' }),
    'DELETE /api/v1/dead-letters/{id}': () =>
      asTenant(`dead-letters/${deadLetters[1]}`, { method: 'DELETE' }),
    'GET /v1/models': () => send('/v1/models'),
    'GET /v1/models/{id}': () => send('/v1/models/whisper-1'),
    'POST /v1/realtime/client_secrets': () =>
      send('/v1/realtime/client_secrets', json('POST', { expires_after: { seconds: 60 } })),
    'GET /v1/audio/voices': () => send('/v1/audio/voices'),
    'POST /v1/audio/speech': () =>
      send('/v1/audio/speech', json('POST', { model: 'tts-1', input: 'Good morning.', voice: 'alloy' })),
    'POST /v1/audio/transcriptions': () =>
      send('/v1/audio/transcriptions', upload('file', { model: 'whisper-1' })),
    'POST /v1/audio/translations': () =>
      send('/v1/audio/translations', upload('file', { model: 'whisper-1', response_format: 'srt' })),
    'POST /v1/listen': () =>
      send('/v1/listen?model=nova-3&utterances=true&paragraphs=true', {
        method: 'POST',
        body: readFileSync(speechFile(READ_SPEECH.letter)),
        headers: { 'content-type': 'audio/ogg' },
      }),
    'POST /v1/speak': () =>
      send('/v1/speak?model=aura-2-thalia-en&encoding=opus', json('POST', { text: 'Good morning.' })),
    ...modelCalls,
    ...catalogueCalls('teaching-modes', MODE, { label: 'A debate' }),
    ...catalogueCalls('languages', LANGUAGE, { levels: ['A1', 'A2'] }),
    ...catalogueCalls('scenarios', SCENARIO, { level: 'B1', version: 1 }),
    ...learning.middle,
    'POST /api/v1/assessments': () =>
      send('/api/v1/assessments', upload('audio', { text: 'It is of the first importance.' })),
    'POST /api/v1/signs': async () => {
      const form = new FormData();
      form.set('image', new Blob([new Uint8Array(await drawnHand())]), 'hand.jpg');
      return send('/api/v1/signs', { method: 'POST', body: form });
    },
    'POST /api/v1/turns': () => send('/api/v1/turns', upload('audio')),
    'GET /api/v1/turns/{id}': () => send(`/api/v1/turns/${turn}`),
    'GET /api/v1/turns/{id}/audio': () => send(`/api/v1/turns/${turn}/audio`),
    'GET /api/v1/turns/{id}/audio/{index}': () => send(`/api/v1/turns/${turn}/audio/0`),
    'GET /api/v1/turns/{id}/pictures/{file}': () => send(`/api/v1/turns/${turn}/pictures/waveform.png`),
    'GET /api/v1/turns/{id}/recording': () => send(`/api/v1/turns/${turn}/recording`),
    'POST /api/v1/sessions/open': async () => {
      const answer = await send(`${SESSIONS}/open`, json('POST', LEARNING));
      ({ id: learningSession } = (await answer.clone().json()) as { id: string });
      return answer;
    },
    'GET /api/v1/sessions': () => send(`${SESSIONS}?page=1&page_size=10`),
    'POST /api/v1/sessions/{id}/turns': () =>
      send(`${SESSIONS}/${learningSession}/turns`, json('POST', { text: 'I go home.', speak: false })),
    'GET /api/v1/sessions/{id}': () => send(`${SESSIONS}/${session}`),
    'GET /api/v1/sessions/{id}/turns': () => send(`${SESSIONS}/${session}/turns`),
    'GET /api/v1/sessions/{id}/turns/{turn}': () => send(`${SESSIONS}/${session}/turns/${turn}`),
    'POST /api/v1/sessions/{id}/close': () =>
      send(`${SESSIONS}/${learningSession}/close`, { method: 'POST' }),
    'POST /api/v1/voice/session/init': () => send(`${VOICE}/session/init`, json('POST', { resume: true })),
    'POST /api/v1/voice/sessions': () => send(`${VOICE}/sessions`, json('POST', { lesson: 'l-7' })),
    'GET /api/v1/voice/sessions': () => send(`${VOICE}/sessions?limit=2`),
    'GET /api/v1/voice/sessions/{id}': () => send(ofSession()),
    'GET /api/v1/voice/sessions/{id}/turns': () => send(ofSession('/turns')),
    'PUT /api/v1/voice/sessions/{id}/settings': () =>
      send(ofSession('/settings'), json('PUT', { speed: 0.8 })),
    'PUT /api/v1/voice/sessions/{id}/context': () =>
      send(ofSession('/context'), json('PUT', { level: 'B2' })),
    'POST /api/v1/voice/sessions/{id}/upload-audio': () =>
      send(ofSession('/upload-audio'), upload('audio', { speak: 'false' })),
    'POST /api/v1/voice/sessions/{id}/end': () => send(ofSession('/end'), json('POST', {})),
    'GET /api/v1/sessions/{id}/summary': () =>
      until(async () => {
        const answer = await send(`/api/v1/sessions/${session}/summary`);
        return answer.status === 202 ? undefined : answer;
      }, 30_000),
    'GET /api/v1/summaries/{session}': () => send(`/api/v1/summaries/${session}`),
    'GET /api/v1/summaries': () => send('/api/v1/summaries?limit=1'),
    'GET /api/v1/conversations/search': () => send('/api/v1/conversations/search?limit=5&text=the'),
    'GET /api/v1/voice/sessions/{id}/transcript': () => send(ofSession('/transcript')),
    'GET /api/v1/voice/progress': () => send(`${VOICE}/progress?weeks=2`),
    'GET /api/v1/voice/progress/{file}': () => send(`${VOICE}/progress/trend.svg`),
    'GET /api/v1/voice/statistics': () => send(`${VOICE}/statistics?user=ada`),
    'GET /api/v1/voice/sessions/{id}/recording': () =>
      until(async () => {
        const answer = await send(ofSession('/recording'));
        if (answer.ok) ({ url: link } = (await answer.clone().json()) as { url: string });
        return answer.ok ? answer : undefined;
      }, 30_000),
    'GET /api/v1/voice/storage/object': () => send(link.replace(PUBLIC_URL, '')),
    'GET /api/v1/voice/storage': () => send(`${VOICE}/storage`),
    'DELETE /api/v1/voice/sessions/{id}/recording': () => send(ofSession('/recording'), { method: 'DELETE' }),
    'DELETE /api/v1/voice/sessions/{id}': () => send(`${VOICE}/sessions/${other}`, { method: 'DELETE' }),
    'DELETE /api/v1/voice/users/{user}': () => asTenant('voice/users/nobody', { method: 'DELETE' }),
    ...learning.last,
    'GET /api/v1/privacy/settings': () => asTenant('privacy/settings'),
    'PATCH /api/v1/privacy/settings': () =>
      asTenant('privacy/settings', json('PATCH', { version: 1, recordingConsentRequired: true })),
    'PUT /api/v1/privacy/consents': () =>
      asTenant(
        'privacy/consents',
        json('PUT', { user: 'ada', purpose: 'training', given: true, textVersion: '1' }),
      ),
    'GET /api/v1/privacy/consents': () => asTenant('privacy/consents?user=ada'),
    'POST /api/v1/privacy/exports': () => jobOf('exports', 'ada'),
    'GET /api/v1/privacy/exports/{id}': () => asTenant(`privacy/exports/${job}`),
    'GET /api/v1/privacy/exports/{id}/file': () =>
      until(async () => {
        const answer = await asTenant(`privacy/exports/${job}/file`);
        return answer.ok ? answer : undefined;
      }, 30_000),
    'POST /api/v1/privacy/erasures': () => jobOf('erasures', 'nobody'),
    'GET /api/v1/privacy/erasures/{id}': () => asTenant(`privacy/erasures/${job}`),
    'GET /api/v1/analytics/windows': () => asTenant('analytics/windows'),
    'GET /api/v1/analytics/daily': () => asTenant('analytics/daily?from=2026-01-01&to=2026-01-31'),
    'GET /api/v1/analytics/live': () => firstEvent('analytics/live'),
    'GET /health': () => send('/health'),
    'GET /status': () => send('/status'),
    'GET /api/v1/audit': () => asTenant('audit?limit=5&action=key.create'),
    'GET /api/v1/audit/head': () => asTenant('audit/head'),
    'GET /api/v1/audit/export': () => asTenant('audit/export'),
  };

  it('has every route, and each answers by a status, a type and a body that are documented', async () => {
    expect(document.operations.sort()).toEqual(Object.keys(CALLS).sort());
    const misfits: string[] = [];
    for (const [operation, call] of Object.entries(CALLS)) {
      const answer = await call();
      expect([operation, answer.ok || answer.status === 302]).toEqual([operation, true]);
      misfits.push(...document.misfits(operation, answer, await answer.text()));
    }
    expect(misfits).toEqual([]);
  });

  it('has no route with a query of the document store that no index serves', () => {
    expect(platform.documents.plans.length).toBeGreaterThan(50);
    expect(queriesWithoutIndex(platform.documents.plans)).toEqual([]);
  });

  it.each(['txt', 'srt'])('documents a transcript as %s', async (format) => {
    const answer = await send(ofSession(`/transcript?format=${format}`));
    const operation = 'GET /api/v1/voice/sessions/{id}/transcript';
    expect(document.misfits(operation, answer, await answer.text())).toEqual([]);
  });

  it('documents how a caller without a key is refused, on every route that needs one', async () => {
    const guarded = document.operations.filter((operation) => document.needsKey(operation));
    expect(guarded.length).toBeGreaterThan(20);
    for (const operation of guarded) {
      const [method = '', path = ''] = operation.split(' ');
      const answer = await fetch(`${platform.gateway.url}${path.replace(/\{\w+\}/g, '1')}`, { method });
      expect([operation, answer.status]).toEqual([operation, 401]);
      expect(document.misfits(operation, answer, await answer.text())).toEqual([]);
    }
  });

  it('names the fields of bodies, and the header that says whom a request with an API key is for', async () => {
    const text = await (await fetch(`${platform.gateway.process.opsUrl}/api/docs-json`)).text();
    for (const name of [
      'sttMode',
      'ttsEnabled',
      'autoSpeak',
      'onActive',
      'lesson',
      'enrolment',
      'x-parlance-user',
    ])
      expect(text).toContain(`"${name}"`);
  });
});
