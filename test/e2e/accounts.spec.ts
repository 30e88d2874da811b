/** People's accounts at two tenants, on two replicas. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { AccessClient, answersOfEveryApi, type JsonAnswer } from '../support/access-rig.js';
import { ACCOUNTS_ENVIRONMENT, AUTH, logInOf, PASSWORD, Person, PROFILE } from '../support/account-rig.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { until } from '../support/until.js';

const SIGNING_SECRET = 'a secret that encrypts the keys of tests';
const ATTEMPTS = 5;
const ATTEMPTS_BY_ADDRESS = 12;
const KNOWN_MS = 5_000;
const SESSIONS = '/api/v1/voice/sessions';
const everyApi = (code: string) => ({ http: code, socketIo: code, listen: code, grpc: code });

jest.setTimeout(120_000);

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start({
    services: [],
    gateways: 2,
    gateway: {
      ...ACCOUNTS_ENVIRONMENT,
      PARLANCE_SIGNING_SECRET: SIGNING_SECRET,
      PARLANCE_LOGIN_ATTEMPTS: String(ATTEMPTS),
      PARLANCE_LOGIN_ATTEMPTS_BY_ADDRESS: String(ATTEMPTS_BY_ADDRESS),
      PARLANCE_SIGN_UPS_BY_ADDRESS: '3',
    },
  });
  for (const [id, key] of [
    ['acme', API_KEY],
    ['globex', OTHER_TENANTS_KEY],
  ] as const) {
    const tenant = new AccessClient(platform.gateway, key);
    expect(
      (await tenant.send('PATCH', `/api/v1/organisations/${id}`, { version: 1, signUp: true })).status,
    ).toBe(200);
  }
}, 240_000);
afterAll(() => platform?.stop());

let people = 0;
/** Somebody new, at an address of their own. */
function somebody(organisation = 'acme', replica = 0): Person {
  people += 1;
  const gateway = platform.gateways[replica]!;
  return new Person(gateway, `person-${people}@example.com`, organisation, `192.0.2.${people}`);
}

function expectFault({ status, body }: JsonAnswer, expected: number, code: string): void {
  expect([status, body.error?.code]).toEqual([expected, code]);
  expect(JSON.stringify(body)).not.toMatch(/\bat \w+.*\(|node_modules|\.js:|127\.0\.0\.1|mongo|argon/i);
}

describe('an account', () => {
  it('is made where the organisation lets learners do so, and its token opens every API of every replica', async () => {
    const person = somebody();
    const { accessToken, account } = logInOf(await person.signUp());
    expect(account).toMatchObject({
      organisation: 'acme',
      email: person.email,
      role: 'learner',
      name: 'Ada',
    });
    for (const gateway of platform.gateways)
      expect(await answersOfEveryApi(gateway, accessToken)).toEqual(everyApi('ok'));
    expect((await person.call(accessToken, 'GET', PROFILE)).body).toMatchObject({ id: account.id });
    for (const path of ['/api/v1/keys', '/api/v1/organisations'])
      expectFault(await person.call(accessToken, 'GET', path), 403, 'auth.forbidden');
  });

  it('is not made where it is closed, where there is no organisation, or a second time', async () => {
    const manager = new AccessClient(platform.gateway, API_KEY);
    await manager.send('POST', '/api/v1/organisations', { id: 'closed', name: 'Closed' });
    expectFault(await somebody('closed').signUp(), 403, 'auth.forbidden');
    expectFault(await somebody('nowhere').signUp(), 404, 'organisation.not_found');
    const person = somebody();
    logInOf(await person.signUp());
    const again = new Person(platform.gateway, person.email.toUpperCase(), 'acme', '192.0.2.250');
    expectFault(await again.signUp(), 409, 'account.exists');
  });

  it('of one tenant is none of another: the same address has one at each, and neither sees what is the other’s', async () => {
    const [mine, theirs] = [somebody('acme'), somebody('globex')];
    const same = new Person(platform.gateway, mine.email, 'globex', '192.0.2.251');
    const ofMine = logInOf(await mine.signUp());
    expectFault(await same.logIn(), 401, 'auth.invalid_credentials');
    const ofTheirs = logInOf(await same.signUp({ password: 'another password of globex' }));
    expect(ofTheirs.account.id).not.toBe(ofMine.account.id);
    expectFault(await mine.logIn('another password of globex'), 401, 'auth.invalid_credentials');
    const session = await mine.call(ofMine.accessToken, 'POST', SESSIONS, {});
    const path = `${SESSIONS}/${session.body.id}`;
    expect((await mine.call(ofMine.accessToken, 'GET', path)).status).toBe(200);
    const neighbour = logInOf(await somebody('acme').signUp());
    for (const token of [ofTheirs.accessToken, OTHER_TENANTS_KEY, neighbour.accessToken])
      for (const [method, rest] of [
        ['GET', ''],
        ['DELETE', ''],
        ['GET', '/recording'],
        ['DELETE', '/recording'],
        ['GET', '/transcript'],
      ] as const)
        expectFault(await theirs.call(token, method, `${path}${rest}`), 404, 'session.not_found');
    const others = `/api/v1/voice/users/${ofMine.account.id}`;
    expectFault(await theirs.call(neighbour.accessToken, 'DELETE', others), 403, 'auth.forbidden');
    expect((await mine.call(ofMine.accessToken, 'GET', path)).status).toBe(200);
  });

  it('has a profile, which one of two changes at once; the other learns the version', async () => {
    const person = somebody();
    const { accessToken } = logInOf(await person.signUp());
    const change = (level: string) => person.call(accessToken, 'PATCH', PROFILE, { version: 1, level });
    const answers = (await Promise.all(['B1', 'B2'].map(change))).sort((a, b) => a.status - b.status);
    expect(answers[0]).toMatchObject({
      status: 200,
      body: { version: 2, name: 'Ada', targetLanguages: ['es'] },
    });
    expectFault(answers[1]!, 409, 'request.conflict');
    expect(answers[1]!.body.error?.message).toContain('version 2');
    for (const bad of [
      { name: { $gt: '' } },
      { name: 'Ada\u202e' },
      { level: 'D1' },
      { picture: 'javascript:alert(1)' },
      { targetLanguages: ['auto'] },
      { role: 'owner' },
      { generation: 9 },
    ])
      expectFault(
        await person.call(accessToken, 'PATCH', PROFILE, { version: 2, ...bad }),
        400,
        'request.invalid',
      );
  });
});

describe('a refresh token', () => {
  it('is good for one use; used again, everything that came of its log-in has ended, and no other log-in', async () => {
    const person = somebody();
    const first = logInOf(await person.signUp());
    const other = logInOf(await person.logIn());
    const second = logInOf(await person.refresh(first.refreshToken));
    expect((await person.call(second.accessToken, 'GET', PROFILE)).status).toBe(200);
    expectFault(await person.refresh(first.refreshToken), 401, 'auth.token_reused');
    expectFault(await person.refresh(second.refreshToken), 401, 'auth.invalid_token');
    logInOf(await person.refresh(other.refreshToken));
  });

  it('that many use at once lets at most one of them on, and then none', async () => {
    const people = [somebody(), somebody('acme', 1)];
    const { refreshToken } = logInOf(await people[0]!.signUp());
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => people[index % 2]!.refresh(refreshToken)),
    );
    // The others may end the log-in before the first has its answer.
    const winners = answers.filter(({ status }) => status === 200).map(logInOf);
    expect(winners.length).toBeLessThanOrEqual(1);
    expect(answers.filter(({ status }) => status === 401).length).toBe(8 - winners.length);
    for (const token of [refreshToken, ...winners.map((winner) => winner.refreshToken)])
      expect((await people[0]!.refresh(token)).status).toBe(401);
  });

  it('ends with its log-out, and a made-up one is nobody’s', async () => {
    const person = somebody();
    const { refreshToken } = logInOf(await person.signUp());
    expect((await person.send('log-out', { refreshToken })).status).toBe(204);
    expect((await person.refresh(refreshToken)).status).toBe(401);
    for (const token of ['rt_nobody', 'x', `${refreshToken}x`])
      expectFault(await person.refresh(token), 401, 'auth.invalid_token');
    expect((await person.send('log-out', { refreshToken: 'rt_nobody' })).status).toBe(204);
  });
});

describe('all log-ins of an account', () => {
  it('end by a log-out everywhere, for every API of every replica within 5 s', async () => {
    const person = somebody();
    const logins = [logInOf(await person.signUp()), logInOf(await person.logIn())];
    const { accessToken, refreshToken } = logins[1]!;
    for (const gateway of platform.gateways)
      expect(await answersOfEveryApi(gateway, accessToken)).toEqual(everyApi('ok'));
    expect((await person.call(logins[0]!.accessToken, 'POST', `${AUTH}/log-out-everywhere`)).status).toBe(
      204,
    );
    for (const gateway of platform.gateways)
      await until(async () => {
        const answers = await answersOfEveryApi(gateway, accessToken);
        return Object.values(answers).every((code) => code === 'auth.invalid_token');
      }, KNOWN_MS);
    expectFault(await person.refresh(refreshToken), 401, 'auth.invalid_token');
    const anew = logInOf(await person.logIn());
    expect((await person.call(anew.accessToken, 'GET', PROFILE)).status).toBe(200);
  });

  it('end when the password is changed, by who knows the old one', async () => {
    const person = somebody();
    const before = logInOf(await person.signUp());
    const change = (current: string) =>
      person.call(before.accessToken, 'POST', `${AUTH}/password`, { current, password: 'the next password' });
    expectFault(await change('not the password'), 401, 'auth.invalid_credentials');
    const after = logInOf(await change(PASSWORD));
    expectFault(await person.refresh(before.refreshToken), 401, 'auth.invalid_token');
    expectFault(await person.call(before.accessToken, 'GET', PROFILE), 401, 'auth.invalid_token');
    expect((await person.call(after.accessToken, 'GET', PROFILE)).status).toBe(200);
    expectFault(await person.logIn(), 401, 'auth.invalid_credentials');
    logInOf(await person.logIn('the next password'));
  });
});

describe('a flood of log-ins', () => {
  it('locks an account on every replica, one that does not exist in the same way', async () => {
    const known = somebody();
    logInOf(await known.signUp());
    for (const { email } of [known, somebody()]) {
      const tries = Array.from({ length: 2 * ATTEMPTS }, (_, index) => {
        const at = new Person(platform.gateways[index % 2]!, email, 'acme', `198.51.100.${index}`);
        return at.logIn('a wrong password');
      });
      const codes = (await Promise.all(tries)).map(({ body }) => body.error?.code).sort();
      expect(codes).toEqual([
        ...Array<string>(ATTEMPTS).fill('auth.invalid_credentials'),
        ...Array<string>(ATTEMPTS).fill('auth.too_many_attempts'),
      ]);
    }
    const right = await known.logIn();
    expectFault(right, 429, 'auth.too_many_attempts');
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
    logInOf(await somebody().signUp());
  });

  it('locks its address, and no other', async () => {
    const victim = somebody();
    logInOf(await victim.signUp());
    const from = (address: string, email: string) => new Person(platform.gateway, email, 'acme', address);
    for (let index = 0; index < ATTEMPTS_BY_ADDRESS; index += 1)
      expect((await from('203.0.113.9', `guess-${index}@example.com`).logIn('wrong')).status).toBe(401);
    expectFault(await from('203.0.113.9', victim.email).logIn(), 429, 'auth.too_many_attempts');
    logInOf(await from('203.0.113.10', victim.email).logIn());
  });

  it('of right passwords locks nobody', async () => {
    const person = somebody();
    logInOf(await person.signUp());
    for (let count = 0; count <= ATTEMPTS_BY_ADDRESS; count += 1) logInOf(await person.logIn());
  });

  it('cannot make accounts from one address without end', async () => {
    const from = (index: number) =>
      new Person(platform.gateway, `many-${index}@example.com`, 'acme', '203.0.113.77');
    for (let index = 0; index < 3; index += 1) logInOf(await from(index).signUp());
    expectFault(await from(3).signUp(), 429, 'auth.too_many_attempts');
  });

  it('does not learn from the time of an answer whether there is an account', async () => {
    const known = somebody();
    logInOf(await known.signUp());
    const medianMs = async (email: string): Promise<number> => {
      const times: number[] = [];
      for (let index = 0; index < ATTEMPTS; index += 1) {
        const begun = performance.now();
        const answer = await new Person(platform.gateway, email, 'acme', `198.51.100.${100 + index}`).logIn(
          'wrong',
        );
        times.push(performance.now() - begun);
        expectFault(answer, 401, 'auth.invalid_credentials');
      }
      return times.sort((a, b) => a - b)[Math.floor(ATTEMPTS / 2)]!;
    };
    const [ofKnown, ofUnknown] = [await medianMs(known.email), await medianMs('nobody@example.com')];
    // Without the comparison an answer comes some ten times sooner.
    expect(ofUnknown / ofKnown).toBeGreaterThan(0.4);
    expect(ofUnknown / ofKnown).toBeLessThan(2.5);
  });
});

describe('mail', () => {
  it('is not sent here: each route that needs it says so', async () => {
    const person = somebody();
    const { accessToken } = logInOf(await person.signUp());
    for (const path of [
      'verify-email',
      'resend-verification',
      'forgot-password',
      'reset-password',
      'change-email',
    ])
      expectFault(await person.call(accessToken, 'POST', `${AUTH}/${path}`, {}), 409, 'mail.not_configured');
  });
});

describe('bad input', () => {
  it.each([
    ['log-in', { email: { $gt: '' } }],
    ['log-in', { password: { $gt: '' } }],
    ['log-in', { organisation: { $ne: 'x' } }],
    ['log-in', { email: ['ada@example.com'] }],
    ['log-in', { email: 'аda@example.com' }],
    ['log-in', { remember: true }],
    ['sign-up', { role: 'owner' }],
    ['sign-up', { password: 'short' }],
    ['sign-up', { password: 'x'.repeat(201) }],
    ['sign-up', { profile: { name: 'Ada', role: 'owner' } }],
    ['sign-up', { profile: { name: '\u202eadA' } }],
    ['sign-up', { email: 'ada@example.com\u0000' }],
  ])('is refused by %s: %j', async (path, changes) => {
    const { organisation, email } = somebody();
    const profile = path === 'sign-up' ? { profile: { name: 'Ada' } } : {};
    const body = { organisation, email, password: PASSWORD, ...profile, ...changes };
    expectFault(await somebody().send(path, body), 400, 'request.invalid');
  });

  it.each(['refresh', 'log-out'])('with an operator for a token is refused by %s', async (path) => {
    expectFault(await somebody().send(path, { refreshToken: { $gt: '' } }), 400, 'request.invalid');
  });
});

describe('the key set', () => {
  it('verifies tokens of every replica, has no private part, and lets nobody else’s tokens pass', async () => {
    const answers = await Promise.all(
      platform.gateways.map(async ({ url }) => fetch(`${url}/.well-known/jwks.json`)),
    );
    const sets = (await Promise.all(answers.map((answer) => answer.json()))) as JSONWebKeySet[];
    expect(JSON.stringify(sets)).not.toContain('"d"');
    const logins = [logInOf(await somebody('acme', 0).signUp()), logInOf(await somebody('acme', 1).signUp())];
    for (const { accessToken, account } of logins) {
      const fresh = (await (
        await fetch(`${platform.gateway.url}/.well-known/jwks.json`)
      ).json()) as JSONWebKeySet;
      const { payload } = await jwtVerify(accessToken, createLocalJWKSet(fresh), { audience: 'parlance' });
      expect(payload).toMatchObject({ iss: 'parlance', tenant: 'acme', sub: account.id });
    }
  });
});

describe('the secrets of accounts', () => {
  it('stand in no log', () => {
    expect(Person.secrets.length).toBeGreaterThan(40);
    const text = JSON.stringify(platform.logOf('gateway'));
    for (const secret of [...Person.secrets, SIGNING_SECRET]) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/argon2|\$gt|BEGIN PRIVATE/);
  });
});
