/** What clients do wrong, as curl calls: each is refused by a code and a text that says what to do, and nothing is written. */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ACCOUNTS_ENVIRONMENT, PASSWORD } from '../support/account-rig.js';
import { Curl } from '../support/curl.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

interface Fault {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details?: { readonly version: number };
  };
}

const folder = mkdtempSync(join(tmpdir(), 'curl-refusals-'));
let platform: Platform;
let curl: Curl;
let others: Curl;
beforeAll(async () => {
  platform = await Platform.start({
    services: ['conversation'],
    gateway: { ...ACCOUNTS_ENVIRONMENT, PARLANCE_SIGNING_SECRET: 'a secret that encrypts the keys of tests' },
  });
  curl = new Curl(platform.gateway.url, API_KEY);
  others = new Curl(platform.gateway.url, OTHER_TENANTS_KEY);
  const open = `/api/v1/sessions/open --json '{"user_external_id": "anna-1", "mode_code": "grammar", "language_code": "en"}'`;
  const { body } = await curl.run<{ id: string }>(open);
  for (const one of [curl, others]) one.set('SESSION', body.id);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    curl.set(name, join(folder, name));
  };
  file('LARGE', `{"mode_code": "${'x'.repeat(10 * 2 ** 20)}"}`);
  file('DEEP', `{"metadata": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
}, 120_000);
afterAll(async () => {
  await platform?.stop();
  rmSync(folder, { recursive: true });
});

/** The status, the code and the text of a refusal. */
async function refused(call: string, by: Curl = curl): Promise<readonly [number, string, string]> {
  const { status, body } = await by.run<Fault>(call);
  return [status, body.error?.code, body.error?.message];
}

const OPEN = '/api/v1/sessions/open';
const LEARNER = '"mode_code": "grammar", "language_code": "en"';

describe('a call is refused by name', () => {
  it.each([
    [
      'an operator for a value',
      `${OPEN} --json '{"user_external_id": {"$gt": ""}, ${LEARNER}}'`,
      400,
      'user_external_id',
    ],
    ['an operator in the query', `'/api/v1/sessions?mode_code[$ne]=x' -g`, 400, 'mode_code[$ne]'],
    ['an operator for an id', '/api/v1/sessions/%7B%22$gt%22:%22%22%7D', 404, 'session'],
    [
      'a prototype',
      `${OPEN} --json '{"user_external_id": "a", ${LEARNER}, "__proto__": {"role": "owner"}}'`,
      400,
      '__proto__',
    ],
    [
      'a prototype within metadata',
      `${OPEN} --json '{"user_external_id": "a", ${LEARNER}, "metadata": {"constructor": {"prototype": 1}}}'`,
      400,
      'constructor',
    ],
    [
      'characters that nobody sees',
      `${OPEN} --json '{"user_external_id": "an\\u200bna", ${LEARNER}}'`,
      400,
      'invisible',
    ],
    [
      'letters that change direction',
      `/api/v1/courses --json '{"title": "T", "level": "A1\\u202e"}'`,
      400,
      'level',
    ],
    [
      'a mode that there is not',
      `${OPEN} --json '{"user_external_id": "a", "mode_code": "x", "language_code": "en"}'`,
      400,
      'mode_code',
    ],
    ['no fields', `${OPEN} --json '{}'`, 400, 'mode_code'],
    ['no JSON', `${OPEN} --json '{"mode_code":'`, 400, 'malformed'],
    ['JSON that is said to be a form', `${OPEN} -d '{${LEARNER}}'`, 400, 'application/json'],
    ['10 MB', `${OPEN} --json @"$LARGE"`, 413, 'too large'],
    ['a deep body', `${OPEN} --json @"$DEEP"`, 400, 'metadata'],
    ['an id that is none', '/api/v1/sessions/zzz', 404, 'session'],
    ['a page that is none', '"/api/v1/sessions?page=0"', 400, 'page'],
    ['pages in two ways', '"/api/v1/sessions?page=2&limit=5"', 400, 'page_size'],
    ['a parameter that has no effect', '"/api/v1/conversations/search?q=tea"', 400, 'q: is no option'],
    [
      'weights that do not add up',
      `/api/v1/teaching-modes/grammar -X PATCH --json '{"rubric": {"weights":
        {"fluency": 0.5, "vocabulary": 0.5, "grammar": 0.5, "pronunciation": 0.5}}}'`,
      400,
      'add up to 1',
    ],
    ['a route that there is not', '/api/v1/lessons', 404, 'nothing at this address'],
  ])('%s', async (_name, call, status, text) => {
    const [answered, code, message] = await refused(call);
    expect([answered, code]).toEqual([status, expect.stringMatching(/^(request|session)\.\w+$/)]);
    expect(message).toContain(text);
  });

  it('nothing of that was written', async () => {
    const { body } = await curl.run('/api/v1/sessions');
    expect(body.sessions).toHaveLength(1);
    expect((await curl.run('/api/v1/teaching-modes/grammar')).body).toMatchObject({
      shared: true,
      version: 1,
    });
  });
});

it.each([
  ['/api/v1/sessions/$SESSION'],
  ['/api/v1/sessions/$SESSION/turns'],
  [`/api/v1/sessions/$SESSION/turns --json '{"text": "Hello."}'`],
  ['/api/v1/sessions/$SESSION/turns -F audio=@/dev/null'],
  ['/api/v1/sessions/$SESSION/close -X POST'],
  ['/api/v1/sessions/$SESSION/summary'],
])('another tenant has no session there: %s', async (call) => {
  expect((await refused(call, others)).slice(0, 2)).toEqual([404, 'session.not_found']);
});

it('of changes made at once one is made, and the others tell the version that stands', async () => {
  const change = (title: string) =>
    curl.run<Fault>(`/api/v1/scenarios/bakery -X PATCH --json '{"title": "${title}", "version": 1}'`);
  const answers = await Promise.all(['One', 'Two', 'Three'].map(change));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  for (const { body } of answers.filter(({ status }) => status === 409))
    expect(body.error).toMatchObject({ code: 'catalogue.conflict', details: { version: 2 } });
});

describe('a log-in', () => {
  const person = (password: string, more = '') =>
    `--json '{"organisation": "acme", "email": "anna@example.com", "password": "${password}"${more}}'`;

  it('ends when a refresh token is used again', async () => {
    await curl.run(`/api/v1/organisations/acme -X PATCH --json '{"version": 1, "signUp": true}'`);
    const { body } = await curl.run<{ refreshToken: string }>(
      `/api/v1/auth/sign-up ${person(PASSWORD, ', "profile": {"name": "Anna"}')}`,
    );
    const refresh = `/api/v1/auth/refresh --json '{"refreshToken": "${body.refreshToken}"}'`;
    const next = await curl.run<{ refreshToken: string }>(refresh);
    expect(next.status).toBe(200);
    expect((await refused(refresh)).slice(0, 2)).toEqual([401, 'auth.token_reused']);
    const last = `/api/v1/auth/refresh --json '{"refreshToken": "${next.body.refreshToken}"}'`;
    expect((await refused(last))[0]).toBe(401);
  });

  it('is locked for an account after ten wrong passwords, also for the right one', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1)
      expect((await refused(`/api/v1/auth/log-in ${person('wrong password')}`))[0]).toBe(401);
    expect((await refused(`/api/v1/auth/log-in ${person(PASSWORD)}`)).slice(0, 2)).toEqual([
      429,
      'auth.too_many_attempts',
    ]);
  });
});
