/** What learners allow, what is kept of them and how it ends, and the audit log of it all, on two replicas. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ulid } from 'ulid';
import { AuditVerification, type AuditEntry, type AuditFault } from '@parlance/contracts';
import { accessToken } from '../support/access-token.js';
import { AccessClient, answersOfEveryApi, type JsonAnswer, type Method } from '../support/access-rig.js';
import {
  ACCOUNTS_ENVIRONMENT,
  logInOf,
  PASSWORD,
  Person,
  PROFILE,
  type LogIn,
} from '../support/account-rig.js';
import { EverythingKept } from '../support/everything-kept.js';
import { NO_MODELS } from '../support/models.js';
import { OpenApiDocument } from '../support/openapi.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { RecognizerServer } from '../support/recognizers.js';
import { runParlance } from '../support/run-parlance.js';
import { READ_SPEECH } from '../support/speech-samples.js';
import { completeTurn, startTurn } from '../support/turn-client.js';
import type { TurnView } from '../support/turn-view.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';
import { zipFiles } from '../support/zip-files.js';

const AUDIT = '/api/v1/audit';
const PRIVACY = '/api/v1/privacy';
const SAID = 'My aunt Philomena grows purple radishes.';

jest.setTimeout(120_000);

let platform: Platform;
let recognizer: RecognizerServer;
let kept: EverythingKept;
let ada: Person;
let login: LogIn;
/** Of Ada's sessions and turns. */
const ids: string[] = [];

beforeAll(async () => {
  recognizer = await RecognizerServer.start();
  recognizer.usual = { json: { text: SAID } };
  platform = await Platform.start({
    services: ['conversation', 'tts'],
    tts: NO_MODELS,
    // What is counted of a learner is written before they are looked for again.
    environment: { PARLANCE_USAGE_INTERVAL_MS: '200' },
    gateways: 2,
    gateway: {
      ...ACCOUNTS_ENVIRONMENT,
      PARLANCE_SIGNING_SECRET: 'a secret that encrypts the keys of tests',
      PARLANCE_REMOTE_RECOGNIZER_URL: recognizer.openAiUrl,
      PARLANCE_PRIVACY_POLL_MS: '200',
      PARLANCE_PRIVACY_LEASE_MS: '1500',
      PARLANCE_ERASURE_VERIFY_MS: '1000',
      PARLANCE_RETENTION_SWEEP_MS: '500',
    },
  });
  kept = await EverythingKept.of(platform);
  await owner().send('PATCH', '/api/v1/organisations/acme', { version: 1, signUp: true });
  ada = new Person(platform.gateway, 'ada.of.analysis@example.com');
  login = logInOf(await ada.signUp());
}, 240_000);
afterAll(async () => {
  await kept?.close();
  await platform?.stop();
  await recognizer?.stop();
});

const owner = (replica = 0, key = API_KEY) => new AccessClient(platform.gateways[replica]!, key);
const asAda = (replica = 0) => new AccessClient(platform.gateways[replica]!, login.accessToken);

function expectFault({ status, body }: JsonAnswer, expected: number, code: string): void {
  expect([status, body.error?.code]).toEqual([expected, code]);
}

/** A turn that Ada speaks, whole. */
async function spoken(fields: Readonly<Record<string, string>> = {}): Promise<TurnView> {
  const headers = { authorization: `Bearer ${login.accessToken}` };
  const { turn } = await startTurn(platform.gateway, READ_SPEECH.letter, fields, headers);
  ids.push(turn.session, turn.id);
  return completeTurn(platform.gateway, turn.id);
}

/** The state of a job, once it is one of those that are waited for. */
function ended(kind: string, id: string, states: readonly string[], replica = 1): Promise<Job> {
  return until(async () => {
    const job = bodyOf<Job>(await owner(replica).send('GET', `${PRIVACY}/${kind}/${id}`));
    return states.includes(job.state) ? job : undefined;
  }, 30_000);
}

async function wholeLog(key = API_KEY): Promise<AuditEntry[]> {
  const answer = await platform.gateway.fetch(`${AUDIT}/export`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
  const lines = (await answer.text()).trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEntry);
}

/** What an answer's body has; a test names the fields that it reads. */
/** The code of a fault, in whichever of the shapes that APIs have for it. */
function codeOf({ error, code }: JsonAnswer['body']): string | undefined {
  const ofTriton: unknown = error;
  return typeof ofTriton === 'string' ? ofTriton.split(':')[0] : (error?.code ?? code);
}

function bodyOf<Body>({ body }: JsonAnswer): Body {
  return body as unknown as Body;
}

/** An export or an erasure. */
interface Job {
  readonly id: string;
  readonly state: string;
  readonly parts: Readonly<Record<string, number>>;
  readonly finishedAt: string;
  readonly expiresAt: string;
  readonly bytes: number;
  readonly url: string;
}

const entriesOf = (answer: JsonAnswer): readonly AuditEntry[] =>
  bodyOf<{ entries: readonly AuditEntry[] }>(answer).entries;

/** As the command line finds it. */
function faultOf(log: readonly AuditEntry[]): AuditFault | undefined {
  const verification = new AuditVerification();
  for (const entry of log) {
    const fault = verification.push(entry);
    if (fault) return fault;
  }
  return verification.end();
}

describe('consent', () => {
  const give = (given: boolean, rest = {}) =>
    asAda().send('PUT', `${PRIVACY}/consents`, {
      purpose: 'recording',
      given,
      textVersion: '2026-11',
      ...rest,
    });

  it('decides whether a turn is recorded where the tenant wants it, and its history stays', async () => {
    expect((await spoken({ speak: 'true' })).recording).not.toBeNull();
    const settings = { version: 1, recordingConsentRequired: true };
    expect((await owner().send('PATCH', `${PRIVACY}/settings`, settings)).body).toMatchObject({ version: 2 });
    expectFault(await owner(1).send('PATCH', `${PRIVACY}/settings`, settings), 409, 'request.conflict');
    const without = await spoken({ speak: 'false' });
    expect([without.text, without.recording]).toEqual([SAID, null]);
    expect((await give(true)).status).toBe(200);
    expect((await spoken({ speak: 'false' })).recording).not.toBeNull();
    expect((await give(false)).status).toBe(200);
    expect((await spoken({ speak: 'false' })).recording).toBeNull();
    const { body } = await asAda(1).send('GET', `${PRIVACY}/consents?limit=1`);
    expect(body).toMatchObject({
      current: { recording: { given: false, textVersion: '2026-11' }, training: null },
      history: [{ given: false }],
    });
    const rest = await asAda(1).send('GET', `${PRIVACY}/consents?cursor=${String(body.nextCursor)}`);
    expect(rest.body).toMatchObject({ history: [{ given: true }], nextCursor: null });
  });

  it('is asked for by its name, and given for nobody else', async () => {
    expectFault(await give(true, { user: 'somebody' }), 403, 'auth.forbidden');
    expectFault(await give(true, { purpose: 'profit' }), 400, 'request.invalid');
    expectFault(await give(true, { textVersion: { $gt: '' } }), 400, 'request.invalid');
    const unknown = await give(true, { because: 'why not' });
    expect(unknown.body.error?.message).toContain('because');
    expectFault(await owner().send('GET', `${PRIVACY}/consents`), 400, 'request.invalid');
    for (const path of ['settings', 'settings?x=1'])
      expect((await asAda().send('GET', `${PRIVACY}/${path}`)).status).toBe(403);
  });
});

const REFUSED = {
  code: 'request.invalid',
  route: 'PUT /api/v1/privacy/consents',
  count: expect.any(Number),
};

describe('usage analytics', () => {
  const windows = async (replica: number) =>
    (await owner(replica).send('GET', '/api/v1/analytics/windows')).body.windows as never;

  it('has the turns, learners and errors of the last minutes on every replica, live, and by day once over all', async () => {
    for (const replica of [0, 1]) {
      const found = await until(async () => {
        const { '1h': hour } = (await windows(replica)) as { '1h': { turns: number } };
        return hour.turns === 4 ? hour : undefined;
      }, 10_000);
      expect(found).toMatchObject({ learners: 1, sessions: 4, errors: expect.arrayContaining([REFUSED]) });
    }
    const today = await until(async () => {
      const answer = await owner(1).send('GET', '/api/v1/analytics/daily');
      const day = bodyOf<{ days: readonly { turns: number }[] }>(answer).days.at(-1);
      return day?.turns === 4 ? day : undefined;
    }, 10_000);
    expect(today).toMatchObject({
      learners: 1,
      sessions: 4,
      errors: { 'request.invalid': expect.any(Number) },
    });
    const live = await platform.gateway.fetch('/api/v1/analytics/live');
    const reader = live.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    expect(live.headers.get('content-type')).toContain('text/event-stream');
    expect(JSON.parse(Buffer.from(value!).toString().replace('data: ', ''))).toMatchObject({
      windows: { '1h': { turns: 4 } },
    });
    const theirs = await owner(0, OTHER_TENANTS_KEY).send('GET', '/api/v1/analytics/windows');
    expect(theirs.body).toMatchObject({ windows: { '1h': { turns: 0, learners: 0 } } });
    expectFault(await asAda().send('GET', '/api/v1/analytics/windows'), 403, 'auth.forbidden');
    const wrong = await owner().send('GET', '/api/v1/analytics/daily?from=2026-02-30');
    expectFault(wrong, 400, 'request.invalid');
  });

  it('says beside the other parts of the platform what it does', async () => {
    const health = await (await fetch(`${platform.gateway.url}/health`)).json();
    expect(health).toMatchObject({ parts: { bus: true, store: true } });
    const status = await (await fetch(`${platform.gateway.url}/status`)).json();
    expect(status).toMatchObject({ analytics: { caughtUp: true, activities: { late: 0, future: 0 } } });
  });
});

describe('an export', () => {
  it('is a zip with all that is kept about the learner and with what was recorded, for the learner alone', async () => {
    const asked = await asAda().send('POST', `${PRIVACY}/exports`, {});
    const { id, state } = bodyOf<Job>(asked);
    expect([asked.status, state]).toEqual([202, 'queued']);
    const done = await ended('exports', id, ['done', 'failed']);
    expect(done).toMatchObject({ state: 'done', parts: { sessions: 4, turns: 4, consents: 2, account: 1 } });
    const lasts = Date.parse(done.expiresAt) - Date.parse(done.finishedAt);
    expect(lasts / 86_400_000).toBeCloseTo(7, 2);
    const file = await fetch(`${platform.gateways[1]!.url}${String(done.url)}`, {
      headers: { authorization: `Bearer ${login.accessToken}` },
    });
    const content = Buffer.from(await file.arrayBuffer());
    expect([file.status, file.headers.get('content-type'), content.length]).toEqual([
      200,
      'application/zip',
      done.bytes,
    ]);
    const files = await zipFiles(content);
    const list = (name: string) => JSON.parse(String(files.get(`${name}.json`))) as readonly object[];
    expect(list('account')).toMatchObject([{ email: ada.email, profile: { name: 'Ada' } }]);
    expect(list('turns')).toContainEqual(expect.objectContaining({ text: SAID, reply: expect.anything() }));
    expect(list('consents')).toMatchObject([{ given: false }, { given: true }]);
    const sound = [...files].filter(([name]) => name.startsWith('audio/'));
    expect(list('recordings')).toHaveLength(sound.length);
    expect(sound.map(([, bytes]) => bytes.toString('latin1', 0, 4))).toEqual(['fLaC', 'fLaC']);
    expect(JSON.stringify([...files.values()].map(String))).not.toMatch(/passwordHash|argon2|rt_/);
    const neighbour = logInOf(await new Person(platform.gateway, 'neighbour@example.com').signUp());
    for (const token of [neighbour.accessToken, OTHER_TENANTS_KEY])
      for (const rest of ['', '/file'])
        expectFault(
          await new AccessClient(platform.gateway, token).send('GET', `${PRIVACY}/exports/${id}${rest}`),
          404,
          'privacy.job_not_found',
        );
    const another = new AccessClient(platform.gateway, neighbour.accessToken);
    const theirs = { user: login.account.id };
    expectFault(await another.send('POST', `${PRIVACY}/exports`, theirs), 403, 'auth.forbidden');
    expectFault(await another.send('POST', `${PRIVACY}/erasures`, theirs), 403, 'auth.forbidden');
  });
});

describe('the audit log', () => {
  it('of changes made at once on two replicas is one chain, which the command line verifies', async () => {
    const made = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        owner(index % 2).send('POST', '/api/v1/keys', { name: `Key ${index}`, scopes: ['speech'] }),
      ),
    );
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]));
    const key = made[3]!.body;
    await owner(1).send('DELETE', `/api/v1/keys/${String(key.id)}`);
    const log = await wholeLog();
    expect(log.map(({ number }) => number)).toEqual(log.map((_, index) => index + 1));
    expect(log.filter(({ action }) => action === 'key.create')).toHaveLength(16);
    expect(log.at(-1)).toMatchObject({
      action: 'key.revoke',
      actor: { role: 'owner', key: 'configured' },
      target: { kind: 'key', id: key.id },
    });
    const secrets = [
      login.accessToken,
      login.refreshToken,
      PASSWORD,
      ada.email,
      login.account.id,
      key.key,
      SAID,
    ];
    for (const secret of secrets) expect(JSON.stringify(log)).not.toContain(secret);
    const head = `${log[4]!.number}:${log[4]!.hash}`;
    const verify = (...args: string[]) =>
      runParlance(['audit', 'verify', ...args], {
        PARLANCE_URL: platform.gateway.url,
        PARLANCE_API_KEY: API_KEY,
      });
    expect(await verify('--head', head)).toMatchObject({
      status: 0,
      output: expect.stringContaining(`${log.length} entries`),
    });
    const folder = await mkdtemp(join(tmpdir(), 'audit-'));
    const file = join(folder, 'audit.ndjson');
    const lines = log.map((entry) => JSON.stringify(entry));
    const first = log.find(({ action }) => action === 'key.create')!;
    const forged = JSON.stringify({ ...first, action: 'key.revoke' });
    await writeFile(file, lines.with(first.number - 1, forged).join('\n'));
    const changed = await verify(file);
    await writeFile(file, lines.slice(0, 4).join('\n'));
    const cut = await verify(file, '--head', head);
    await rm(folder, { recursive: true });
    expect([changed.status, cut.status]).toEqual([1, 1]);
    expect(`${changed.output}${changed.errors}`).toContain(
      `Entry ${first.number} of the audit log was changed`,
    );
    expect(`${cut.output}${cut.errors}`).toContain('Entry 5 of the audit log is known from elsewhere');
  });

  it('is read in pages and by who did what to whom, by owners and admins of the tenant alone', async () => {
    const first = await owner().send('GET', `${AUDIT}?limit=2&action=key.create`);
    const next = await owner().send(
      'GET',
      `${AUDIT}?limit=2&action=key.create&cursor=${String(first.body.nextCursor)}`,
    );
    const numbers = [first, next].flatMap((answer) => entriesOf(answer).map(({ number }) => number));
    expect(numbers).toEqual([...numbers].sort((one, other) => other - one));
    expect(new Set(numbers).size).toBe(4);
    const byAda = await owner().send('GET', `${AUDIT}?user=${login.account.id}&limit=100`);
    const actions = entriesOf(byAda).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['consent.record', 'export.request', 'export.read']));
    const ofAda = await owner().send('GET', `${AUDIT}?learner=${login.account.id}&action=account.create`);
    expect(entriesOf(ofAda)).toMatchObject([{ actor: { role: 'learner' } }]);
    expectFault(await asAda().send('GET', AUDIT), 403, 'auth.forbidden');
    expectFault(await owner().send('GET', `${AUDIT}?action[$gt]=a`), 400, 'request.invalid');
    expect((await wholeLog(OTHER_TENANTS_KEY)).filter(({ tenant }) => tenant !== 'globex')).toEqual([]);
  });
});

describe('an erasure', () => {
  it('needs the learner’s password, ends what is open, and is finished by another replica when one is killed', async () => {
    const client = await VoiceClient.connect(platform.gateways[1]!.url, { token: login.accessToken });
    const begun = await asAda().send('POST', '/api/v1/voice/session/init', {});
    const sessionId = bodyOf<Job>(begun).id;
    ids.push(sessionId);
    await client.join({ sessionId });
    const path = `${PRIVACY}/erasures`;
    expectFault(await asAda().send('POST', path, {}), 400, 'request.invalid');
    expectFault(
      await asAda().send('POST', path, { password: 'not this one' }),
      401,
      'auth.invalid_credentials',
    );
    const before = await kept.locationsOf([...ids, login.account.id, ada.email, 'Philomena']);
    expect(before.map((location) => location.split(/[ /]/).slice(0, 2).join(' '))).toEqual(
      expect.arrayContaining([
        'collection sessions',
        'collection turns',
        'collection accounts',
        'object recordings',
        'object exports',
      ]),
    );
    const asked = await asAda().send('POST', path, { password: PASSWORD });
    expect(asked.status).toBe(202);
    await platform.kill('gateway', 0);
    await client.disconnected;
    const done = await ended('erasures', bodyOf<Job>(asked).id, ['done']);
    expect(done.parts).toMatchObject({ account: 1, consents: 2, exports: 1 });
  });

  it('leaves nothing of the learner in documents, objects and streams, and an audit log that is still whole', async () => {
    await platform.restart('gateway', 0);
    expect(await kept.locationsOf([...ids, login.account.id, ada.email, 'Philomena'])).toEqual([]);
    // The restarted replica has read the stream again, in which the learner's turns are no more.
    const again = await until(async () => {
      const answer = await owner().send('GET', '/status');
      return bodyOf<{ analytics: { caughtUp: boolean } }>(answer).analytics.caughtUp;
    }).then(() => owner().send('GET', '/api/v1/analytics/windows'));
    expect(again.body).toMatchObject({
      windows: { '1h': { turns: 0, errors: expect.arrayContaining([REFUSED]) } },
    });
    expectFault(await asAda(1).send('GET', PROFILE), 401, 'auth.invalid_token');
    expectFault(await ada.logIn(), 401, 'auth.invalid_credentials');
    const log = await wholeLog();
    expect(log.at(-1)).toMatchObject({ action: 'erasure.done', actor: { role: 'platform' } });
    expect(faultOf(log)).toBeUndefined();
  });

  it('keeps whoever writes late from bringing the learner back, and finds nothing the second time', async () => {
    const user = login.account.id;
    for (const path of ['/api/v1/voice/session/init', `${PRIVACY}/exports`])
      expectFault(await owner().send('POST', path, { user }), 410, 'learner.erased');
    const consent = { user, purpose: 'training', given: true, textVersion: '1' };
    expectFault(await owner().send('PUT', `${PRIVACY}/consents`, consent), 410, 'learner.erased');
    const again = await owner().send('POST', `${PRIVACY}/erasures`, { user });
    const done = await ended('erasures', bodyOf<Job>(again).id, ['done']);
    expect(Object.values(done.parts).every((count) => count === 0)).toBe(true);
    expect(await kept.locationsOf([user])).toEqual([]);
  });
});

describe('the name of a learner who was erased', () => {
  it('is refused by every route that may leave something, and by every socket and call; nothing of it is kept', async () => {
    const user = 'carl-of-another-system';
    const erasure = await owner().send('POST', `${PRIVACY}/erasures`, { user });
    const named = new AccessClient(platform.gateway, API_KEY, { 'x-parlance-user': user });
    const document = await OpenApiDocument.load(platform.gateway.process.opsUrl);
    const changes = document.operations.filter(
      (operation) => document.needsKey(operation) && /^(POST|PUT|PATCH) /.test(operation),
    );
    const letIn: string[] = [];
    for (const operation of changes) {
      const [method, path] = operation.split(' ') as [Method, string];
      const { status, body } = await named.send(method, path.replaceAll(/\{\w+\}/g, ulid()), {});
      if (status !== 410 || codeOf(body) !== 'learner.erased') letIn.push(operation);
    }
    expect(changes.length).toBeGreaterThan(40);
    expect(letIn).toEqual([`POST ${PRIVACY}/erasures`]);
    const limits = await owner().send('PUT', `/api/v1/limits/learners/${user}`, { version: 0, limits: {} });
    expectFault(limits, 410, 'learner.erased');
    expect(await answersOfEveryApi(platform.gateway, await accessToken(user))).toEqual({
      ...{ http: 'ok', socketIo: 'learner.erased', listen: 'learner.erased', grpc: 'learner.erased' },
    });
    await ended('erasures', bodyOf<Job>(erasure).id, ['done']);
    const traces = await kept.locationsOf([user]);
    // Reading is let in, and counted.
    expect(traces.filter((location) => !location.startsWith('collection usage'))).toEqual([]);
  });
});

describe('retention', () => {
  it('removes what is older than the tenant’s settings have it, and trims a log that can still be verified', async () => {
    const session = await owner().send('POST', '/api/v1/voice/session/init', { user: 'bob' });
    const long = new Date(Date.now() - 3 * 86_400_000);
    const { raw } = kept.store;
    await raw
      .collection('sessions')
      .updateOne({ _id: session.body.id } as object, { $set: { lastActiveAt: long } });
    await raw
      .collection('audit')
      .updateMany({ tenant: 'acme', number: { $lte: 5 } }, { $set: { time: long } });
    const retentionDays = { recordings: 30, turns: 2, audit: 2 };
    expect(
      (await owner().send('PATCH', `${PRIVACY}/settings`, { version: 2, retentionDays })).body,
    ).toMatchObject({ retentionDays });
    const path = `/api/v1/voice/sessions/${String(session.body.id)}`;
    await until(async () => (await owner().send('GET', path)).status === 404, 20_000);
    const log = await until(async () => {
      const entries = await wholeLog();
      return entries[0]?.number === 6 ? entries : undefined;
    }, 20_000);
    expect(log.find(({ action }) => action === 'audit.trim')?.details).toMatchObject({ through: 5 });
    expect(faultOf(log)).toBeUndefined();
  });
});
