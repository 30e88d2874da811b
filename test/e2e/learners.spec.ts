/** A tenant's learners over HTTP, for those who teach them. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccessClient } from '../support/access-rig.js';
import { ACCOUNTS_ENVIRONMENT, logInOf, Person, type LogIn } from '../support/account-rig.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { until } from '../support/until.js';

const PATH = '/api/v1/learners';
type Learner = Readonly<Record<string, unknown>> & { readonly id: string };

jest.setTimeout(120_000);

describe('learners', () => {
  let platform: Platform;
  let owner: AccessClient;
  let teacher: AccessClient;
  let ada: LogIn;
  beforeAll(async () => {
    // Written turns need no inference and no speech.
    platform = await Platform.start({
      services: ['conversation'],
      gateway: {
        ...ACCOUNTS_ENVIRONMENT,
        PARLANCE_SIGNING_SECRET: 'a secret that encrypts the keys of tests',
        PARLANCE_WAIT_FOR_PODS_MS: '1',
      },
    });
    owner = new AccessClient(platform.gateway, API_KEY);
    const made = await owner.send('POST', '/api/v1/keys', { name: 'Class', role: 'teacher' });
    teacher = new AccessClient(platform.gateway, made.body.key);
    await owner.send('PATCH', '/api/v1/organisations/acme', { version: 1, signUp: true });
    ada = await signedUp('ada@example.com', { name: 'Ada Lovelace', level: 'B1' });
    await signedUp('grace@example.com', { name: 'Grace Hopper' });
    for (const text of ['I go home.', 'I bought apples.']) await write(ada.accessToken, {}, text);
    // A learner of the tenant's own product, without an account.
    await write(API_KEY, { user_external_id: 'pupil-7' }, 'Good morning.');
  }, 240_000);
  afterAll(() => platform?.stop());

  async function signedUp(email: string, profile: object): Promise<LogIn> {
    return logInOf(await new Person(platform.gateway, email, 'acme').signUp({ profile }));
  }
  async function write(token: string, whose: object, text: string): Promise<void> {
    const client = new AccessClient(platform.gateway, token);
    const body = { mode_code: 'conversation', language_code: 'en', ...whose };
    const { id } = (await client.send('POST', '/api/v1/sessions/open', body)).body;
    const { status } = await client.send('POST', `/api/v1/sessions/${id}/turns`, { text, speak: false });
    expect(status).toBe(201);
  }
  async function found(client: AccessClient, query = ''): Promise<readonly Learner[]> {
    const { status, body } = await client.send('GET', `${PATH}${query}`);
    expect(status).toBe(200);
    return body.learners as unknown as readonly Learner[];
  }

  it('are people with an account, and users of the tenant’s own product', async () => {
    const learners = await found(teacher);
    expect(learners.map(({ name, level }) => [name, level])).toEqual([
      ['Ada Lovelace', 'B1'],
      ['Grace Hopper', null],
      [null, null],
    ]);
    expect(learners[2]).toMatchObject({ id: 'pupil-7' });
    expect(learners.map(({ last_active_at: at }) => at !== null)).toEqual([true, false, true]);
  });

  it('are found by a part of the name or the address in any case, or by how the id begins', async () => {
    const names = async (text: string) =>
      (await found(teacher, `?text=${encodeURIComponent(text)}`)).map(({ name, id }) => name ?? id);
    expect(await names('LOVE')).toEqual(['Ada Lovelace']);
    expect(await names('grace@')).toEqual(['Grace Hopper']);
    expect(await names('pupil')).toEqual(['pupil-7']);
    expect(await names(ada.account.id)).toEqual(['Ada Lovelace']);
    // A text, not a pattern.
    for (const text of ['.*', '(', '\\', '[a-z]', 'upil'])
      expect([text, await names(text)]).toEqual([text, []]);
  });

  it('come in pages, each once', async () => {
    const all = (await found(teacher)).map(({ id }) => id);
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await teacher.send('GET', `${PATH}?limit=1${query}`);
      paged.push(...(body.learners as unknown as readonly Learner[]).map(({ id }) => id));
      cursor = body.next_cursor as unknown as string | null;
    }
    expect(paged).toEqual(all);
  });

  it('have what they did in all sessions, and their turns, newest first', async () => {
    const path = `${PATH}/${ada.account.id}`;
    const one = await teacher.send('GET', path);
    expect([one.status, one.body]).toMatchObject([
      200,
      { name: 'Ada Lovelace', statistics: { sessions: 2, turns: 2 } },
    ]);
    const texts = async (query = '') => {
      const { body } = await teacher.send('GET', `${path}/turns${query}`);
      const turns = body.turns as unknown as readonly { readonly text: string }[];
      return { texts: turns.map(({ text }) => text), next: body.next_cursor as unknown as string | null };
    };
    // A turn is indexed after its reply.
    await until(async () => (await texts()).texts.length === 2, 30_000);
    expect((await texts()).texts).toEqual(['I bought apples.', 'I go home.']);
    const first = await texts('?limit=1');
    expect(first.texts).toEqual(['I bought apples.']);
    expect((await texts(`?limit=1&cursor=${first.next}`)).texts).toEqual(['I go home.']);
  });

  it('are for those who teach them: no learner, no program, no other tenant sees them', async () => {
    const service = await owner.send('POST', '/api/v1/keys', { name: 'Shop' });
    for (const token of [ada.accessToken, service.body.key])
      for (const path of [PATH, `${PATH}/pupil-7`, `${PATH}/pupil-7/turns`])
        expect((await new AccessClient(platform.gateway, token).send('GET', path)).status).toBe(403);
    const other = new AccessClient(platform.gateway, OTHER_TENANTS_KEY);
    expect(await found(other)).toEqual([]);
    expect((await other.send('GET', `${PATH}/${ada.account.id}`)).status).toBe(404);
    expect((await other.send('GET', `${PATH}/${ada.account.id}/turns`)).body.turns).toEqual([]);
    for (const query of ['?text=', '?limit=0', '?role=owner'])
      expect([query, (await teacher.send('GET', `${PATH}${query}`)).status]).toEqual([query, 400]);
  });
});
