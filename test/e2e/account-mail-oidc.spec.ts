/** Mail to people, their pictures, and log-ins by an organisation's own OpenID provider, on two replicas. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { localCertificates } from '../../tools/dev/src/local-authority.js';
import { AccessClient, type JsonAnswer } from '../support/access-rig.js';
import { ACCOUNTS_ENVIRONMENT, AUTH, logInOf, PASSWORD, Person, PROFILE } from '../support/account-rig.js';
import { freePort } from '../support/free-port.js';
import { TestMailServer } from '../support/mail-server.js';
import { CLIENT, TestOpenIdProvider } from '../support/openid-provider.js';
import { PIXEL } from '../support/people-calls.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { until } from '../support/until.js';

const PUBLIC_URL = 'https://parlance.example';
const FRONT_END = 'https://learn.example/logged-in';
const OIDC = '/api/v1/organisations/acme/oidc';
const CALLBACK = `${PUBLIC_URL}${AUTH}/oidc/acme/callback`;
const NEW_PASSWORD = 'the next password';
const MAIL_PASSWORD = 'what the mail server asks for';

jest.setTimeout(60_000);

let platform: Platform;
let mail: TestMailServer;
let provider: TestOpenIdProvider;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parlance-mail-'));
  const { ca, cert, key } = await localCertificates(folder);
  mail = await TestMailServer.start({
    login: { user: 'parlance', password: MAIL_PASSWORD },
    tls: { cert: readFileSync(cert), key: readFileSync(key) },
  });
  provider = await TestOpenIdProvider.start([CALLBACK]);
  platform = await Platform.start({
    services: [],
    gateways: 2,
    gateway: {
      ...ACCOUNTS_ENVIRONMENT,
      PARLANCE_SIGNING_SECRET: 'a secret that encrypts the keys of tests',
      PARLANCE_SIGN_UPS_BY_ADDRESS: '8',
      PARLANCE_PUBLIC_URL: PUBLIC_URL,
      PARLANCE_OIDC_ALLOW_PRIVATE: 'true',
      PARLANCE_OIDC_LIMIT_MS: '2000',
      PARLANCE_SMTP_HOST: '127.0.0.1',
      PARLANCE_SMTP_PORT: String(mail.port),
      NODE_EXTRA_CA_CERTS: ca,
      PARLANCE_SMTP_USER: 'parlance',
      PARLANCE_SMTP_PASSWORD: MAIL_PASSWORD,
      PARLANCE_SMTP_LIMIT_MS: '1000',
      PARLANCE_MAIL_FROM: 'no-reply@parlance.example',
      PARLANCE_MAIL_LINK_BASE: 'https://learn.example',
      PARLANCE_MAIL_RETRY_MS: '200',
      PARLANCE_MAIL_POLL_MS: '100',
      PARLANCE_REQUIRE_VERIFIED_EMAIL: 'true',
    },
  });
  for (const [id, key] of [
    ['acme', API_KEY],
    ['globex', OTHER_TENANTS_KEY],
  ] as const)
    await new AccessClient(platform.gateway, key).send('PATCH', `/api/v1/organisations/${id}`, {
      ...{ version: 1, signUp: true },
    });
}, 240_000);
afterAll(async () => {
  await platform?.stop();
  await mail?.stop();
  await provider?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let people = 0;
/** Somebody new, at an address of their own. */
function somebody(replica = 0): Person {
  people += 1;
  return new Person(
    platform.gateways[replica]!,
    `learner-${people}@example.com`,
    'acme',
    `192.0.2.${people}`,
  );
}

function expectFault({ status, body }: JsonAnswer, expected: number, code: string): void {
  expect([status, body.error?.code]).toEqual([expected, code]);
  expect(JSON.stringify(body)).not.toMatch(/\bat \w+.*\(|node_modules|\.js:|127\.0\.0\.1|mongo|smtp/i);
}

/** Keeps a code, to be looked for in logs. */
function secret(code: string): string {
  Person.secrets.push(code);
  return code;
}
const codeTo = async (email: string, subject?: RegExp): Promise<string> =>
  secret(TestMailServer.codeOf(await mail.mailTo(email, subject)));

/** Somebody who has shown that their address is theirs. */
async function verified(replica = 0): Promise<Person> {
  const person = somebody(replica);
  expect((await person.signUp()).status).toBe(202);
  expect((await person.send('verify-email', { token: await codeTo(person.email) })).status).toBe(204);
  return person;
}

describe('a sign-up', () => {
  it('waits for the code of a mail in the language of the learner, which is good once; the log-in says so until then', async () => {
    const person = somebody();
    const profile = { name: 'Ada <b>', motherLanguage: 'de', targetLanguages: ['es'] };
    const answer = await person.signUp({ profile });
    expect([answer.status, answer.body]).toEqual([202, {}]);
    expectFault(await person.logIn(), 403, 'auth.email_unverified');
    const sent = await mail.mailTo(person.email);
    expect(sent.subject).toBe('Bitte bestätigen Sie Ihre E-Mail-Adresse');
    expect(sent.from?.text).toBe('"Parlance" <no-reply@parlance.example>');
    expect(sent.text).toContain('https://learn.example/verify-email#token=');
    // A stranger's name is told to nobody whose address is not shown to be the stranger's.
    expect(`${sent.text}${String(sent.html)}`).not.toContain('Ada');
    const code = secret(TestMailServer.codeOf(sent));
    const [first, second] = await Promise.all([1, 2].map(() => person.send('verify-email', { token: code })));
    expect([first!.status, second!.status].sort()).toEqual([204, 400]);
    expectFault(await person.send('verify-email', { token: code }), 400, 'auth.invalid_code');
    expect(logInOf(await person.logIn()).account).toMatchObject({ email: person.email, emailVerified: true });
  });

  it('with an address that is taken is answered as a new one, and the owner gets a mail', async () => {
    const owner = await verified();
    const stranger = new Person(platform.gateway, owner.email, 'acme', '198.51.100.1');
    const [known, unknown] = [await stranger.signUp(), await somebody().signUp()];
    expect([known.status, known.body]).toEqual([unknown.status, unknown.body]);
    const notice = await mail.mailTo(owner.email, /already/);
    expect(notice.text).not.toContain('token=');
    logInOf(await owner.logIn());
  });

  it('is sent another code when it asks for one; whoever has no account is answered alike, and gets none', async () => {
    const person = somebody(1);
    await person.signUp();
    const first = await codeTo(person.email);
    const ask = (email: string) => person.send('resend-verification', { organisation: 'acme', email });
    for (const email of [person.email, 'nobody@example.com'])
      expect(await ask(email)).toMatchObject({ status: 202, body: {} });
    await until(() => mail.mailsTo(person.email).length === 2, 10_000);
    expect(mail.mailsTo('nobody@example.com')).toEqual([]);
    expect((await person.send('verify-email', { token: first })).status).toBe(204);
    for (let count = 0; count < 5; count += 1) await ask('nobody@example.com');
    expectFault(await ask('nobody@example.com'), 429, 'auth.too_many_attempts');
  });
});

describe('a forgotten password', () => {
  it('is replaced by the code of a mail, once; every log-in ends, and a notice is sent', async () => {
    const person = await verified();
    const before = logInOf(await person.logIn());
    const forgot = (email: string) => person.send('forgot-password', { organisation: 'acme', email });
    expect(await forgot(person.email)).toMatchObject({ status: 202, body: {} });
    expect(await forgot('nobody@example.org')).toMatchObject({ status: 202, body: {} });
    const code = await codeTo(person.email, /new password/);
    const reset = (token: string) => person.send('reset-password', { token, password: NEW_PASSWORD });
    expectFault(await person.send('verify-email', { token: code }), 400, 'auth.invalid_code');
    expect((await reset(code)).status).toBe(204);
    expectFault(await reset(code), 400, 'auth.invalid_code');
    expectFault(await person.refresh(before.refreshToken), 401, 'auth.invalid_token');
    expectFault(await person.call(before.accessToken, 'GET', PROFILE), 401, 'auth.invalid_token');
    expectFault(await person.logIn(), 401, 'auth.invalid_credentials');
    logInOf(await person.logIn(NEW_PASSWORD));
    expect((await mail.mailTo(person.email, /was changed/)).text).toContain('Hello Ada,');
    expect(mail.mailsTo('nobody@example.org')).toEqual([]);
  });
});

describe('an address', () => {
  it('is changed once the new one is shown to be the learner’s; the old one is told', async () => {
    const person = await verified();
    const { accessToken } = logInOf(await person.logIn());
    const email = 'moved@example.com';
    const change = (password: string) =>
      person.call(accessToken, 'POST', `${AUTH}/change-email`, { password, email });
    expectFault(await change('not the password'), 401, 'auth.invalid_credentials');
    expect((await change(PASSWORD)).status).toBe(202);
    const token = await codeTo(email, /new e-mail/);
    const [other, elsewhere] = [await verified(), 'elsewhere@example.com'];
    const ofOther = logInOf(await other.logIn()).accessToken;
    await other.call(ofOther, 'POST', `${AUTH}/change-email`, { password: PASSWORD, email: elsewhere });
    const before = await codeTo(elsewhere);
    const next = { current: PASSWORD, password: NEW_PASSWORD };
    expect((await other.call(ofOther, 'POST', `${AUTH}/password`, next)).status).toBe(200);
    // Whoever had the password before does not get the account by it afterwards.
    expectFault(await other.send('verify-email', { token: before }), 400, 'auth.invalid_code');
    logInOf(await person.logIn());
    expect((await person.send('verify-email', { token })).status).toBe(204);
    expectFault(await person.logIn(), 401, 'auth.invalid_credentials');
    const moved = new Person(platform.gateways[1]!, email, 'acme', '198.51.100.2');
    expect(logInOf(await moved.logIn()).account).toMatchObject({ email, emailVerified: true });
    await mail.mailTo(person.email, /was changed/);
  });
});

describe('a mail', () => {
  it.each([451, 'drop', 'hang'] as const)(
    'comes once the server takes it, which does now: %s',
    async (behaviour) => {
      mail.behaviour = behaviour;
      const attempts = mail.attempts;
      const person = somebody();
      expect((await person.signUp()).status).toBe(202);
      await until(() => mail.attempts > attempts, 10_000);
      mail.behaviour = 'accept';
      const sent = await mail.mailTo(person.email, /./, 20_000);
      expect(sent.messageId).toMatch(/^<[0-9a-z]{26}@parlance\.example>$/);
    },
  );

  it('that is refused for good is not tried again', async () => {
    mail.behaviour = 550;
    const attempts = mail.attempts;
    const person = somebody();
    await person.signUp();
    await until(() => platform.logOf('gateway').find((line) => line.reason === 'SMTP 550'), 15_000);
    mail.behaviour = 'accept';
    await person.send('resend-verification', { organisation: 'acme', email: person.email });
    await mail.mailTo(person.email);
    expect(mail.attempts).toBe(attempts + 2);
  });

  it('survives the death of every process that was to send it', async () => {
    mail.behaviour = 'hang';
    const attempts = mail.attempts;
    const person = somebody();
    await person.signUp();
    await until(() => mail.attempts > attempts, 10_000);
    await Promise.all([0, 1].map((replica) => platform.kill('gateway', replica)));
    mail.behaviour = 'accept';
    await Promise.all([0, 1].map((replica) => platform.restart('gateway', replica)));
    await mail.mailTo(person.email, /./, 30_000);
    expect(mail.mailsTo(person.email)).toHaveLength(1);
  });
});

describe('a picture', () => {
  it('is what its first bytes say, is served so that no browser takes it for something else, and is its owner’s', async () => {
    const person = await verified();
    const { accessToken } = logInOf(await person.logIn());
    const neighbour = logInOf(await (await verified()).logIn()).accessToken;
    const send = (method: string, body?: Buffer, type = 'image/jpeg', token = accessToken) =>
      platform.gateway.fetch(`${PROFILE}/picture`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': type },
        ...(body ? { body: new Uint8Array(body) } : {}),
      });
    const codeOf = async (answer: Response) => ((await answer.json()) as JsonAnswer['body']).error?.code;
    expect(await codeOf(await send('GET'))).toBe('picture.not_found');
    expect(await (await send('PUT', PIXEL)).json()).toMatchObject({
      contentType: 'image/png',
      bytes: PIXEL.length,
    });
    const served = await send('GET');
    expect(Object.fromEntries(served.headers)).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'cache-control': 'no-store',
    });
    expect(Buffer.from(await served.arrayBuffer()).equals(PIXEL)).toBe(true);
    expect((await person.call(accessToken, 'GET', PROFILE)).body.picture).toBe(`${PROFILE}/picture`);
    expect((await send('GET', undefined, undefined, neighbour)).status).toBe(404);
    for (const [body, status, code] of [
      [
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        415,
        'picture.unsupported_format',
      ],
      [Buffer.from('GIF89a and what follows it'), 415, 'picture.unsupported_format'],
      [Buffer.concat([PIXEL, Buffer.alloc(1024 ** 2)]), 413, 'request.too_large'],
      [Buffer.alloc(0), 400, 'request.invalid'],
    ] as const) {
      const answer = await send('PUT', body, 'image/png');
      expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
    }
    expect((await platform.gateway.fetch(`${PROFILE}/picture`, { method: 'PUT' })).status).toBe(403);
    expect((await send('DELETE')).status).toBe(204);
    expect((await send('GET')).status).toBe(404);
  });
});

describe('a log-in by the organisation’s own provider', () => {
  const SETTINGS = {
    ...CLIENT,
    domains: ['corp.example'],
    roles: [{ value: 'staff', role: 'teacher' }],
    redirects: [FRONT_END],
  };
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const ofAcme = () => new AccessClient(platform.gateway, API_KEY);
  const somePerson = (sub: string, changes: object = {}) => ({
    ...{ sub, email: `${sub}@corp.example`, email_verified: true, name: 'Grace' },
    ...changes,
  });

  /** Where the gateway sends a browser to, and the cookie that it gives it. */
  async function begin(parameters: Readonly<Record<string, string>> = {}) {
    const query = new URLSearchParams({ redirect: FRONT_END, challenge, state: 'mine', ...parameters });
    const answer = await fetch(`${platform.gateway.url}${AUTH}/oidc/acme/start?${query}`, {
      redirect: 'manual',
    });
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    Person.secrets.push(cookie.split('=')[1] ?? PASSWORD);
    return { status: answer.status, location: answer.headers.get('location') ?? '', cookie };
  }
  /** Another replica may be the one that the provider sends the browser back to. */
  async function comeBack(address: string, cookie: string) {
    expect(address.startsWith(CALLBACK)).toBe(true);
    const answer = await fetch(address.replace(PUBLIC_URL, platform.gateways[1]!.url), {
      redirect: 'manual',
      headers: { cookie },
    });
    const location = new URL(answer.headers.get('location') ?? 'none:');
    return { status: answer.status, location, parameters: Object.fromEntries(location.searchParams) };
  }
  async function whole(parameters: Readonly<Record<string, string>> = {}, by = provider) {
    const { location, cookie } = await begin(parameters);
    return comeBack(await by.visit(location), cookie);
  }
  const exchange = (code: unknown, by = verifier) => somebody().send('oidc/exchange', { code, verifier: by });

  it('is set by who manages the organisation, by an issuer that answers; the secret is told to nobody', async () => {
    const put = (changes: object = {}) =>
      ofAcme().send('PUT', OIDC, { ...SETTINGS, issuer: provider.issuer, ...changes });
    expectFault(await ofAcme().send('GET', OIDC), 404, 'oidc.not_configured');
    for (const bad of [
      { issuer: 'http://192.168.0.1' },
      { issuer: 'file:///etc/passwd' },
      { issuer: { $gt: '' } },
      { roles: [{ value: 'staff', role: 'owner' }] },
      { redirects: ['http://learn.example/'] },
      { redirects: ['javascript:alert(1)'] },
      { roleClaim: '__proto__' },
      { scope: 'everything' },
      { clientSecret: undefined },
    ])
      expectFault(await put(bad), 400, 'request.invalid');
    expectFault(await put({ issuer: `http://127.0.0.1:${await freePort()}` }), 503, 'upstream.unavailable');
    expectFault(
      await put({ issuer: provider.issuer.replace('127.0.0.1', 'localhost') }),
      403,
      'oidc.refused',
    );
    const made = await put();
    expect(made).toMatchObject({
      status: 200,
      body: { version: 1, redirectUri: CALLBACK, clientId: 'parlance' },
    });
    expect(JSON.stringify([made.body, (await ofAcme().send('GET', OIDC)).body])).not.toContain('secret');
    expectFault(await put(), 409, 'request.conflict');
    expect((await put({ version: 1, clientSecret: undefined })).body).toMatchObject({ version: 2 });
    const others = new AccessClient(platform.gateway, OTHER_TENANTS_KEY);
    for (const method of ['GET', 'PUT', 'DELETE'] as const)
      expectFault(
        await others.send(
          method,
          OIDC,
          method === 'PUT' ? { ...SETTINGS, issuer: provider.issuer } : undefined,
        ),
        404,
        'organisation.not_found',
      );
  });

  it('makes an account at first, and the front end gets tokens of ours for a code, with what it has kept', async () => {
    provider.person = somePerson('grace', { groups: ['staff'] });
    const { status, location, parameters } = await whole();
    expect([status, `${location.origin}${location.pathname}`]).toEqual([302, FRONT_END]);
    expect(parameters).toEqual({ state: 'mine', code: expect.stringMatching(/^[\w-]{43}$/) });
    const login = logInOf(await exchange(secret(parameters.code!)));
    expect(login.account).toMatchObject({
      ...{
        email: 'grace@corp.example',
        emailVerified: true,
        name: 'Grace',
        role: 'teacher',
        organisation: 'acme',
      },
    });
    expect((await somebody().call(login.accessToken, 'GET', PROFILE)).status).toBe(200);
    expectFault(await exchange(parameters.code), 400, 'auth.invalid_code');
    // Known by the subject, whatever else has changed; the role is the one of now.
    provider.person = somePerson('grace', { email: 'hopper@corp.example' });
    const again = logInOf(await exchange((await whole()).parameters.code));
    expect(again.account).toMatchObject({
      id: login.account.id,
      email: 'grace@corp.example',
      role: 'learner',
    });
  });

  it('is nobody’s who did not begin it, and goes to no other front end', async () => {
    provider.person = somePerson('mallory');
    const { location, cookie } = await begin();
    const back = await provider.visit(location);
    const other = await begin();
    for (const stolen of ['', other.cookie]) {
      const { cookie: _, location: at } = { ...(await begin()) };
      expect((await comeBack(await provider.visit(at), stolen)).status).toBe(400);
    }
    const changed = new URL(back);
    changed.searchParams.set('state', 'x'.repeat(43));
    expect((await comeBack(changed.href, cookie)).status).toBe(400);
    const { parameters } = await comeBack(back, cookie);
    expect((await comeBack(back, cookie)).status).toBe(400);
    expectFault(await exchange(parameters.code, 'x'.repeat(43)), 400, 'auth.invalid_code');
    for (const redirect of ['https://evil.example/', `${FRONT_END}/../x`, `${FRONT_END}?x=1`])
      expect((await begin({ redirect })).status).toBe(400);
  });

  it.each([
    ['with another nonce', 'nonce', 'another'],
    ['that another client began', 'client_id', 'stranger'],
  ])('is refused %s', async (_, name, value) => {
    provider.person = somePerson('nora');
    const { location, cookie } = await begin();
    const changed = new URL(location);
    changed.searchParams.set(name, value);
    const { parameters } = await comeBack(await provider.visit(changed.href), cookie);
    expect(parameters).toEqual({ state: 'mine', error: 'oidc.refused' });
  });

  it.each([
    ['whom the provider does not let in', undefined, 'oidc.refused'],
    ['without an address', somePerson('anon', { email: undefined }), 'oidc.refused'],
    ['whose address nobody verified', somePerson('eve', { email_verified: false }), 'oidc.refused'],
    ['of another domain', somePerson('bob', { email: 'bob@corp.example.evil.example' }), 'oidc.refused'],
  ])('is refused to somebody %s', async (_, person, error) => {
    provider.person = person;
    expect((await whole()).parameters).toEqual({ state: 'mine', error });
  });

  it('lets its people be erased at their own wish after a fresh log-in, of which the provider tells the time', async () => {
    provider.person = somePerson('erika');
    const erase = (token: string) => somebody().call(token, 'POST', '/api/v1/privacy/erasures', {});
    const usual = logInOf(await exchange((await whole()).parameters.code));
    expect(decodeJwt(usual.accessToken)).not.toHaveProperty('auth_time');
    expectFault(await erase(usual.accessToken), 403, 'auth.forbidden');
    const fresh = logInOf(await exchange((await whole({ max_age: '300' })).parameters.code));
    const { auth_time: since } = decodeJwt(fresh.accessToken);
    expect(Math.abs(Number(since) - Date.now() / 1000)).toBeLessThan(60);
    // Going on with a log-in is none.
    const renewed = logInOf(await somebody().refresh(fresh.refreshToken));
    expect(decodeJwt(renewed.accessToken).auth_time).toBe(since);
    for (const max_age of ['-1', '1.5', '{"$gt":""}']) expect((await begin({ max_age })).status).toBe(400);
    expect((await erase(renewed.accessToken)).status).toBe(202);
    await until(
      async () => (await somebody().call(renewed.accessToken, 'GET', PROFILE)).status === 401,
      10_000,
    );
    const log = await ofAcme().send('GET', `/api/v1/audit?learner=${usual.account.id}&action=account.create`);
    expect(log.body.entries).toMatchObject([
      { actor: { role: 'learner' }, address: expect.any(String), details: { by: 'oidc' } },
    ]);
  });

  it('goes on for its people at another issuer where the owner says from where, and is in the audit log', async () => {
    const next = await TestOpenIdProvider.start([CALLBACK]);
    try {
      provider.person = somePerson('mona');
      const { account } = logInOf(await exchange((await whole()).parameters.code));
      next.person = somePerson('another-name', { email: 'mona@corp.example' });
      const put = (version: number, changes: object) =>
        ofAcme().send('PUT', OIDC, { ...SETTINGS, version, issuer: next.issuer, ...changes });
      const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
      const movedFrom = { issuer: provider.issuer, until: inDays(30) };
      for (const bad of [
        { ...movedFrom, until: inDays(91) },
        { ...movedFrom, until: 'soon' },
        { ...movedFrom, issuer: `${next.issuer}/` },
      ])
        expectFault(await put(2, { movedFrom: bad }), 400, 'request.invalid');
      expect((await put(2, {})).body).toMatchObject({ version: 3, movedFrom: null });
      expect((await whole({}, next)).parameters).toEqual({ state: 'mine', error: 'account.exists' });
      expect((await put(3, { movedFrom })).body).toMatchObject({ version: 4, movedFrom });
      const moved = logInOf(await exchange((await whole({}, next)).parameters.code));
      expect(moved.account.id).toBe(account.id);
      const log = await ofAcme().send('GET', `/api/v1/audit?learner=${account.id}&action=account.link`);
      expect(log.body.entries).toMatchObject([{ details: { by: 'oidc', moved: true } }]);
      // By the subject, whatever is said of moves.
      expect((await put(4, {})).body).toMatchObject({ version: 5, movedFrom: null });
      expect(logInOf(await exchange((await whole({}, next)).parameters.code)).account.id).toBe(account.id);
      expect((await put(5, { issuer: provider.issuer })).body).toMatchObject({ version: 6 });
    } finally {
      await next.stop();
    }
  });

  it('says that the provider is away, and works when it is back; nobody begins one once it is removed', async () => {
    provider.person = somePerson('grace');
    const { location, cookie } = await begin();
    const back = await provider.visit(location);
    await provider.stop();
    expect((await comeBack(back, cookie)).parameters).toEqual({
      state: 'mine',
      error: 'upstream.unavailable',
    });
    await provider.serve();
    logInOf(await exchange((await whole()).parameters.code));
    expect((await ofAcme().send('DELETE', OIDC)).status).toBe(204);
    expect((await begin()).status).toBe(404);
  });
});

describe('what is secret', () => {
  it('stands in no log, and neither does an address', () => {
    const text = JSON.stringify(platform.logOf('gateway'));
    for (const code of [...Person.secrets, MAIL_PASSWORD, CLIENT.clientSecret])
      expect(text).not.toContain(code);
    expect(text).not.toMatch(/learner-\d+@|corp\.example/);
  });
});
