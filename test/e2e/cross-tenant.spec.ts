/**
 * Every route, event and method, asked by those who are not to know of a tenant's things: what they are answered is what they would be
 * answered if the things had never been. Walks the documents of the running gateway; test/support/tenant-things.ts is the table.
 */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccessClient } from '../support/access-rig.js';
import { ACCOUNTS_ENVIRONMENT } from '../support/account-rig.js';
import { fieldsOfGrpc, fieldsOfSockets, sendForeign } from '../support/foreign-events.js';
import { ForeignRequests, isFixed, isHidden, type Stranger } from '../support/foreign-requests.js';
import { JsonSocket } from '../support/json-socket.js';
import { makeThings, type MadeThings } from '../support/made-things.js';
import { NO_MODELS } from '../support/models.js';
import { OpenApiDocument } from '../support/openapi.js';
import { TestOpenIdProvider } from '../support/openid-provider.js';
import { PUBLIC_URL } from '../support/people-calls.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { LEARNERS_OWN, THINGS, type ThingName } from '../support/tenant-things.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

jest.setTimeout(120_000);

let platform: Platform;
let provider: TestOpenIdProvider;
let things: MadeThings;
let requests: ForeignRequests;
beforeAll(async () => {
  provider = await TestOpenIdProvider.start([`${PUBLIC_URL}/api/v1/auth/oidc/acme/callback`]);
  platform = await Platform.start({
    tts: NO_MODELS,
    // Its assessments are without scores, and loaded at once.
    inference: { PARLANCE_SCORES: 'no-scores' },
    gateway: {
      ...ACCOUNTS_ENVIRONMENT,
      PARLANCE_PUBLIC_URL: PUBLIC_URL,
      PARLANCE_OIDC_ALLOW_PRIVATE: 'true',
      PARLANCE_SIGNING_SECRET: 'a secret that encrypts the keys of tests',
    },
  });
  things = await makeThings(platform.gateway, provider.issuer);
  const document = await OpenApiDocument.load(platform.gateway.process.opsUrl);
  requests = new ForeignRequests(platform.gateway, document, things);
}, 240_000);
afterAll(async () => {
  await platform?.stop();
  await provider?.stop();
});

/** With their tokens once they are made. */
const STRANGERS: readonly (readonly [string, () => Stranger])[] = [
  [
    'the owner of another tenant',
    () => ({ name: 'globex', token: OTHER_TENANTS_KEY, isOwner: true, sees: 'nothing' }),
  ],
  [
    'a learner of another tenant',
    () => ({ name: 'eve', token: things.eve, isOwner: false, sees: 'nothing' }),
  ],
  [
    'another learner of the tenant',
    () => ({ name: 'bob', token: things.bob, isOwner: false, sees: "the tenant's" }),
  ],
];
/** What a learner may not do with any id. */
const NOT_FOR_LEARNERS = 403;

/** Whose things are the owner's of the tenant to ask for, and whose Ada's. */
const holder = (thing: ThingName): string => (THINGS[thing].of === 'learner' ? things.ada : API_KEY);

it('has a thing for every parameter, field and event that can name one', async () => {
  const [sockets, methods] = [await fieldsOfSockets(platform.gateway), await fieldsOfGrpc(platform.gateway)];
  expect([...requests.gaps, ...sockets.gaps, ...methods.gaps]).toEqual([]);
});

describe.each(STRANGERS)('%s', (_, strangerOf) => {
  it('gets 404 of every operation that names a thing in its path, as of one that never was', async () => {
    const stranger = strangerOf();
    const asked: string[] = [];
    const faults: string[] = [];
    for (const operation of requests.operations) {
      const thing = requests.thingOf(operation);
      if (thing === undefined || isFixed(thing)) continue;
      const isName = thing === 'a name';
      const made = await requests.send(operation, stranger.token, 'made');
      const never = await requests.send(operation, stranger.token, 'nobodys');
      // A name that the stranger gave may stand in the answer.
      const leaks = requests.leaks(made, stranger.sees, isName ? thing : undefined);
      if (leaks.length > 0) faults.push(`${operation}: tells ${leaks.join()}`);
      if (isName) continue;
      if (!isHidden(thing, stranger)) {
        const isChange = !operation.startsWith('GET');
        if (isChange && made.status < 400 && !LEARNERS_OWN.includes(operation))
          faults.push(`${operation}: lets a learner change it`);
        continue;
      }
      asked.push(operation);
      const isNotForLearners =
        !stranger.isOwner && made.status === NOT_FOR_LEARNERS && made.code === 'auth.forbidden';
      if (made.status !== 404 && !isNotForLearners)
        faults.push(`${operation}: ${made.status} ${made.code} ${made.message}`);
      const [given, expected] = [made, never].map(({ status, code, message }) => [status, code, message]);
      if (JSON.stringify(given) !== JSON.stringify(expected))
        faults.push(`${operation}: ${given?.join()} of a thing, ${expected?.join()} of none`);
    }
    expect(faults).toEqual([]);
    expect(asked.length).toBeGreaterThan(30);
  });

  it('sees nothing of them in what it lists or makes, whatever a query or a body names', async () => {
    const stranger = strangerOf();
    const faults: string[] = [];
    for (const operation of requests.operations) {
      // A session of their own may be given a thing of the tenant's.
      const thing = requests.thingOf(operation);
      if (thing !== undefined && thing !== 'session') continue;
      const own = async () => (thing === undefined ? {} : { own: await requests.ownSession(stranger) });
      for (const extra of [{}, ...requests.extrasOf(operation)]) {
        const changes = !operation.startsWith('GET');
        // Without a thing to name, a change is the stranger's own.
        if (changes && !extra.field) continue;
        const meaning = extra.query?.meaning ?? extra.field?.meaning;
        const isThing = meaning !== undefined && meaning !== 'a name' && !isFixed(meaning);
        if (isThing && !isHidden(meaning, stranger)) continue;
        const named = `${operation} ${extra.query?.name ?? extra.field?.path.join('.') ?? ''}`;
        const made = await requests.send(operation, stranger.token, 'made', { ...extra, ...(await own()) });
        const leaks = requests.leaks(made, stranger.sees, extra.query?.meaning ?? extra.field?.meaning);
        if (leaks.length > 0) faults.push(`${named}: tells ${leaks.join()}`);
        if (made.status >= 500) faults.push(`${named}: ${made.status}`);
        if (!isThing) continue;
        const never = await requests.send(operation, stranger.token, 'nobodys', {
          ...extra,
          ...(await own()),
        });
        if (never.status !== made.status || never.code !== made.code)
          faults.push(
            `${named}: ${made.status} ${made.code} of a thing, ${never.status} ${never.code} of none`,
          );
      }
    }
    expect(faults).toEqual([]);
  });

  it('is told by every socket and gRPC method what it would be of things that never were', async () => {
    const stranger = strangerOf();
    const { gateway } = platform;
    const fields = [...(await fieldsOfSockets(gateway)).fields, ...(await fieldsOfGrpc(gateway)).fields];
    const faults: string[] = [];
    const asked: string[] = [];
    for (const field of fields) {
      if (!isHidden(field.thing, stranger)) continue;
      const named = `${field.name} ${field.path.join('.')}`;
      const made = await sendForeign(gateway, stranger.token, field, { things, whose: 'made' });
      const never = await sendForeign(gateway, stranger.token, field, { things, whose: 'nobodys' });
      asked.push(`${named}: ${made.code}`);
      const leaks = things.marks.learner.filter(
        (mark) => mark !== things.ids[field.thing] && made.told.includes(mark),
      );
      if (leaks.length > 0) faults.push(`${named}: tells ${leaks.join()}`);
      if (made.code !== never.code || made.message !== never.message)
        faults.push(`${named}: ${made.code} of a thing, ${never.code} of none`);
      if (field.thing === 'session' && made.code === 'ok') faults.push(`${named}: is let in`);
    }
    expect(faults).toEqual([]);
    expect(asked).toEqual(
      expect.arrayContaining([
        'voice.voice:join sessionId: session.not_found',
        'voice.voice:end sessionId: session.not_found',
        'listen.query session: session.not_found',
        'parlance.voice.v1.Conversation/Converse config.session: session.not_found',
      ]),
    );
  });

  it('hears nothing of what is said in a session of the tenant', async () => {
    const { token } = strangerOf();
    const { url } = platform.gateway;
    const stranger = await VoiceClient.connect(url, { token });
    await stranger.join();
    const learn = await JsonSocket.open<{ type: string }>(url, '/v1/learn', token);
    const ada = await VoiceClient.connect(url, { token: things.ada });
    await ada.join({ sessionId: things.ids.session, settings: { ttsEnabled: false } });
    const before = ada.of('voice:response').length;
    await ada.ask('voice:text-message', { text: 'I collect xyzzy stamps.' });
    await until(() => ada.of('voice:response').length > before, 20_000);
    for (const client of [ada, stranger]) client.close();
    learn.socket.close();
    expect(JSON.stringify(ada.events)).toContain(things.ids.session);
    const told = JSON.stringify([stranger.events, learn.events]);
    for (const mark of [things.ids.session, 'xyzzy']) expect(told).not.toContain(mark);
  });
});

describe('who the things belong to', () => {
  it('still has them all, and finds them by the same operations', async () => {
    const faults: string[] = [];
    const found: string[] = [];
    for (const operation of requests.operations.filter((name) => name.startsWith('GET'))) {
      const thing = requests.thingOf(operation);
      if (thing === undefined || thing === 'a name' || isFixed(thing)) continue;
      const { status, code } = await requests.send(operation, holder(thing), 'made');
      if (status !== 200) faults.push(`${operation}: ${status} ${code}`);
      found.push(operation);
    }
    expect(faults).toEqual([]);
    expect(found.length).toBeGreaterThan(30);
    const session = await new AccessClient(platform.gateway, things.ada).send(
      'GET',
      `/api/v1/voice/sessions/${things.ids.session}`,
    );
    expect(session.body).toMatchObject({ status: 'active' });
  });

  it('sees them in the lists that strangers see nothing of them in', async () => {
    const listed: string[] = [];
    for (const operation of requests.operations.filter((name) => name.startsWith('GET')))
      if (requests.thingOf(operation) === undefined)
        for (const token of [API_KEY, things.ada])
          if (requests.leaks(await requests.send(operation, token, 'made'), 'nothing').length > 0)
            listed.push(operation);
    expect([...new Set(listed)]).toEqual(
      expect.arrayContaining([
        'GET /api/v1/audit',
        'GET /api/v1/audit/export',
        'GET /api/v1/contests',
        'GET /api/v1/conversations/search',
        'GET /api/v1/courses',
        'GET /api/v1/enrolments',
        'GET /api/v1/keys',
        'GET /api/v1/organisations',
        'GET /api/v1/practice/exams',
        'GET /api/v1/practice/question-sets',
        'GET /api/v1/privacy/consents',
        'GET /api/v1/profile',
        'GET /api/v1/profile/picture',
        'GET /api/v1/scenarios',
        'GET /api/v1/sessions',
        'GET /api/v1/summaries',
        'GET /api/v1/teaching-modes',
        'GET /api/v1/vocabulary',
        'GET /api/v1/voice/sessions',
      ]),
    );
  });
});
