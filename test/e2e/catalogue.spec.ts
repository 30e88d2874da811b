/** Teaching modes, languages and scenarios over HTTP, for two tenants, and the same over `/v1/learn`. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { LearnEvent } from '@parlance/contracts';
import { accessToken } from '../support/access-token.js';
import { JsonSocket } from '../support/json-socket.js';
import { NO_MODELS } from '../support/models.js';
import { OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { until } from '../support/until.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}
interface Fault {
  readonly error: { readonly code: string; readonly message: string; readonly details?: { version: number } };
}
interface Entry {
  readonly id: string;
  readonly code: string;
  readonly version: number;
  readonly shared: boolean;
  readonly title: string;
  readonly label: string;
  readonly level: string;
  readonly available: Record<string, boolean | null>;
  readonly rubric: { readonly weights: Record<string, number> };
}
type Page = Record<string, Entry[]> & { readonly next_cursor: string | null };

const SCENARIO = {
  code: 'library-card',
  title: 'Getting a library card',
  mode: 'conversation',
  level: 'A2',
  roles: { coach: 'the librarian', learner: 'a new reader' },
  opening: 'Good afternoon! Is it your first visit?',
  goals: [{ id: 'ask', goal: 'Ask for a card.', keywords: ['card'], questions: ['What can I do for you?'] }],
};

/** Each within its own limits, too long together. */
const LONG_GOALS = Array.from({ length: 20 }, (_, index) => ({
  id: `goal-${index}`,
  goal: 'g'.repeat(300),
  keywords: ['card'],
  questions: [`${'q'.repeat(299)}?`, `${'r'.repeat(299)}?`],
}));

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start({ tts: NO_MODELS });
}, 120_000);
afterAll(() => platform?.stop());

/** @param key  the other tenant's, or a token; the first tenant's key where it is left out */
async function send<Body = Entry>(
  method: string,
  path: string,
  { key, body, headers = {} }: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer<Body>> {
  const answer = await platform.gateway.fetch(`/api/v1/${path}`, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as Body };
}
/** A key of the first tenant's, of that role. */
async function keyOf(role: string): Promise<string> {
  const { body } = await send<{ key: string }>('POST', 'keys', { body: { name: role, role } });
  return body.key;
}
const refused = (method: string, path: string, options = {}) => send<Fault>(method, path, options);

describe('the catalogue', () => {
  it('has eight teaching modes with their weights', async () => {
    const { status, body } = await send<Page>('GET', 'teaching-modes');
    expect([status, body.next_cursor]).toEqual([200, null]);
    expect(body.teaching_modes!.map(({ code }) => code)).toEqual([
      'assessment',
      'concept_learning',
      'conversation',
      'grammar',
      'pronunciation',
      'reading',
      'test_prep',
      'vocabulary',
    ]);
    const found = await send('GET', 'teaching-modes/grammar');
    expect(found.body).toMatchObject({
      shared: true,
      version: 1,
      rubric: {
        weights: { fluency: 0.15, vocabulary: 0.2, grammar: 0.45, pronunciation: 0.2 },
        scale: { min: 0, max: 5 },
      },
    });
  });

  it('tells of each language what this installation has for it now', async () => {
    const voices = await platform.gateway.fetch('/v1/audio/voices');
    const spoken = ((await voices.json()) as { voices: { language: string }[] }).voices;
    // Some voices have a language that is no tag.
    const tags = spoken
      .map(({ language }) => language.split('-')[0]!)
      .filter((tag) => /^[a-z]{2,3}$/.test(tag));
    const codes = tags.map((tag) => new Intl.Locale(tag).language);
    // Norwegian voices are of Bokmål, which recognition has as Norwegian.
    const isSpoken = (code: string) => codes.includes(code === 'no' ? 'nb' : code);
    const { body } = await until(async () => {
      const answer = await send<Page>('GET', 'languages?limit=100');
      return answer.body.languages!.every(({ available }) => available.recognition !== null)
        ? answer
        : undefined;
    }, 30_000);
    const languages = body.languages!;
    expect(languages.length).toBeGreaterThan(40);
    const english = languages.find(({ code }) => code === 'en')!;
    expect(english.available).toEqual({ recognition: true, reply: true, speech: true, scoring: true });
    for (const { code, available } of languages) {
      // The built-in coach answers, in English.
      expect([code, available.reply, available.scoring]).toEqual([code, code === 'en', code === 'en']);
      expect([code, available.speech]).toEqual([code, isSpoken(code)]);
      expect([code, available.recognition]).toEqual([code, code === 'en']);
    }
  });

  it('says no more of a language’s recognition and replies than what runs', async () => {
    await platform.kill('inference');
    const { body } = await until(async () => {
      const answer = await send('GET', 'languages/en');
      return answer.body.available.recognition === null ? answer : undefined;
    }, 60_000);
    expect(body.available).toEqual({ recognition: null, reply: true, speech: true, scoring: null });
    await platform.startService('inference');
    await until(async () => (await send('GET', 'languages/en')).body.available.recognition, 60_000);
    await platform.service('conversation').end('SIGTERM');
    await until(async () => (await send('GET', 'languages/en')).body.available.reply === false, 60_000);
    await platform.startService('conversation');
    await until(async () => (await send('GET', 'languages/en')).body.available.scoring, 60_000);
  });

  it('lists scenarios by mode, level and language, page by page', async () => {
    const seen: Entry[] = [];
    for (let cursor = ''; ;) {
      const { body } = await send<Page>('GET', `scenarios?limit=10${cursor}`);
      seen.push(...body.scenarios!);
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen.length).toBeGreaterThanOrEqual(24);
    expect(new Set(seen.map(({ code }) => code)).size).toBe(seen.length);
    const { body } = await send<Page>('GET', 'scenarios?mode=pronunciation&level=a2&language=fr-CA');
    expect(body.scenarios!.map(({ code }) => code)).toEqual(['liaisons-fr']);
  });

  it('is added to, overridden, versioned and restored by one tenant, and the other one sees nothing of it', async () => {
    const key = OTHER_TENANTS_KEY;
    const made = await send('POST', 'scenarios', { body: SCENARIO });
    expect(made).toMatchObject({ status: 201, body: { id: 'library-card', shared: false, version: 1 } });
    expect((await refused('POST', 'scenarios', { body: SCENARIO })).body.error.code).toBe('catalogue.exists');
    for (const [method, path] of [
      ['GET', 'scenarios/library-card'],
      ['PATCH', 'scenarios/library-card'],
      ['DELETE', 'scenarios/library-card'],
      ['GET', 'scenarios/library-card/versions'],
      ['GET', 'scenarios/library-card/versions/1'],
    ] as const) {
      const answer = await refused(method, path, {
        key,
        ...(method === 'PATCH' && { body: { title: 'X' } }),
      });
      expect([method, path, answer.status, answer.body.error.code]).toEqual([
        method,
        path,
        404,
        'catalogue.not_found',
      ]);
    }
    const copy = await send('PATCH', 'scenarios/restaurant', { body: { title: 'Our canteen', version: 1 } });
    expect(copy.body).toMatchObject({ title: 'Our canteen', shared: false, version: 2 });
    const theirs = await send('GET', 'scenarios/restaurant', { key });
    expect(theirs.body).toMatchObject({ title: 'Dinner at a restaurant', shared: true, version: 1 });
    await send('PATCH', 'scenarios/restaurant', { body: { level: 'B1' } });
    const versions = await send<{ versions: object[] }>('GET', 'scenarios/restaurant/versions');
    expect(versions.body.versions).toMatchObject([{ version: 3 }, { version: 2 }]);
    const earlier = await send('GET', 'scenarios/restaurant/versions/2');
    expect(earlier.body).toMatchObject({ title: 'Our canteen', level: 'A2', version: 2 });
    expect((await send('DELETE', 'scenarios/restaurant?version=3')).status).toBe(204);
    expect((await send('GET', 'scenarios/restaurant')).body.title).toBe('Dinner at a restaurant');
    expect(await refused('DELETE', 'scenarios/restaurant')).toMatchObject({
      status: 409,
      body: { error: { code: 'catalogue.shared' } },
    });
  });

  it('answers all but one of several changes made at once by 409 with the version that stands', async () => {
    await send('POST', 'scenarios', { body: { ...SCENARIO, code: 'rivals' } });
    const answers = await Promise.all(
      ['One', 'Two', 'Three', 'Four'].map((title) =>
        send<Entry & Fault>('PATCH', 'scenarios/rivals', { body: { title, version: 1 } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    for (const { body } of answers.filter(({ status }) => status === 409))
      expect(body.error).toMatchObject({ code: 'catalogue.conflict', details: { version: 2 } });
  });

  it.each([
    ['a learner', () => accessToken('ada')],
    ['a program that acts for learners', () => keyOf('service')],
  ])('is read by %s and not changed by one', async (_, keyed) => {
    const key = await keyed();
    expect((await send('GET', 'scenarios/bakery', { key })).status).toBe(200);
    for (const [method, path] of [
      ['POST', 'scenarios'],
      ['PATCH', 'scenarios/bakery'],
      ['DELETE', 'scenarios/bakery'],
    ] as const)
      expect(await refused(method, path, { key, body: SCENARIO })).toMatchObject({
        status: 403,
        body: { error: { code: 'auth.forbidden' } },
      });
  });

  it('is changed by a teacher', async () => {
    const body = { ...SCENARIO, code: 'of-a-teacher' };
    expect((await send('POST', 'scenarios', { key: await keyOf('teacher'), body })).status).toBe(201);
  });

  const weights = { fluency: 0.5, vocabulary: 0.5, grammar: 0.5, pronunciation: 0.5 };
  it.each([
    ['code', 'POST', 'scenarios', { ...SCENARIO, code: { $gt: '' } }],
    ['title', 'POST', 'scenarios', { ...SCENARIO, title: { $gt: '' } }],
    ['code', 'POST', 'scenarios', { ...SCENARIO, code: 'Two Words' }],
    ['stars', 'POST', 'scenarios', { ...SCENARIO, code: 'x', stars: 5 }],
    ['tenant', 'POST', 'scenarios', { ...SCENARIO, code: 'x', tenant: 'globex' }],
    ['dancing', 'POST', 'scenarios', { ...SCENARIO, code: 'x', mode: 'dancing' }],
    ['qq', 'POST', 'scenarios', { ...SCENARIO, code: 'x', languages: ['qq'] }],
    ['goals', 'POST', 'scenarios', { ...SCENARIO, code: 'x', goals: [] }],
    ['constructor', 'POST', 'scenarios', '{"__proto__":{"code":"x"},"constructor":1}'],
    ['malformed', 'POST', 'scenarios', '{"code":"x",'],
    ['body', 'POST', 'scenarios', []],
    ['nothing to change', 'PATCH', 'scenarios/bakery', {}],
    ['code', 'PATCH', 'scenarios/bakery', { code: 'other' }],
    ['title', 'PATCH', 'scenarios/bakery', { title: null }],
    ['version', 'PATCH', 'scenarios/bakery', { title: 'T', version: { $gt: 0 } }],
    ['roles', 'PATCH', 'scenarios/bakery', { roles: JSON.parse('{"__proto__":{"coach":"x"}}') }],
    ['add up to 1', 'PATCH', 'teaching-modes/grammar', { rubric: { weights } }],
    ['16000 at most', 'PATCH', 'scenarios/bakery', { goals: LONG_GOALS }],
    ['code', 'POST', 'languages', { code: 'klingon', label: 'K', native_name: 'K', levels: ['A1'] }],
    ['levels', 'POST', 'languages', { code: 'la', label: 'L', native_name: 'L', levels: ['A1', 'A1'] }],
    ['__proto__', 'PATCH', 'scenarios/bakery', '{"title":"T","__proto__":{"level":"C2"}}'],
    ['__proto__', 'PATCH', 'scenarios/bakery', '{"roles":{"coach":"a","learner":"b","__proto__":{"x":1}}}'],
  ])('names the fault “%s” in %s %s, and writes nothing', async (name, method, path, body) => {
    const answer = await refused(method, path, { body });
    expect([answer.status, answer.body.error.code]).toEqual([400, 'request.invalid']);
    expect(answer.body.error.message).toContain(name);
    expect((await send('GET', 'scenarios/x')).status).toBe(404);
    expect((await send('GET', 'scenarios/bakery')).body).toMatchObject({ shared: true, version: 1 });
  });

  it.each([
    ['scenarios?mode[$gt]=', 'mode[$gt]'],
    ['scenarios?mode=%7B%22$gt%22%3A%22%22%7D', 'mode'],
    ['scenarios?level=Z9', 'level'],
    ['scenarios?level=A1&level=B1', 'level'],
    ['scenarios?language=klingon!', 'language'],
    ['scenarios?cursor=../x', 'cursor'],
    ['scenarios?limit=0', 'limit'],
    ['scenarios?limit=1e9', 'limit'],
    ['scenarios?__proto__=1', '__proto__'],
    ['teaching-modes?level=A1', 'level'],
  ])('refuses the query %s', async (path, name) => {
    const answer = await refused('GET', path);
    expect([answer.status, answer.body.error.code]).toEqual([400, 'request.invalid']);
    expect(answer.body.error.message).toContain(name);
  });

  it.each([
    'nobody',
    '__proto__',
    'constructor',
    'toString',
    '%7B%22$gt%22%3A%22%22%7D',
    'a%2Fb',
    '%00',
    'É',
  ])('has no entry %s', async (id) => {
    for (const path of [`scenarios/${id}`, `scenarios/${id}/versions`, `scenarios/${id}/versions/1`]) {
      const answer = await refused('GET', path);
      expect([answer.status, answer.body.error.code]).toEqual([404, 'catalogue.not_found']);
    }
    expect((await refused('GET', 'scenarios/bakery/versions/$gt')).status).toBe(404);
  });

  it('refuses a body of 10 MB', async () => {
    const answer = await refused('POST', 'scenarios', {
      body: { ...SCENARIO, code: 'x', title: 'x'.repeat(10 * 1024 ** 2) },
    });
    expect([answer.status, answer.body.error.code]).toEqual([413, 'request.too_large']);
  });

  it('is what /v1/learn offers its tenant and begins sessions with', async () => {
    const mode = (await send('GET', 'teaching-modes/reading')).body;
    const {
      id: _,
      shared,
      version,
      created_at: __,
      updated_at: ___,
      ...rest
    } = mode as never as Record<string, unknown>;
    expect([shared, version]).toEqual([true, 1]);
    const made = await send('POST', 'teaching-modes', { body: { ...rest, code: 'debate', label: 'Debate' } });
    expect(made.status).toBe(201);
    const client = await JsonSocket.openAs<LearnEvent>('ana', platform.gateway.url, '/v1/learn');
    for (const type of ['get_teaching_modes', 'get_scenarios']) client.send({ type });
    const { modes } = await client.next('teaching_modes');
    expect(modes.map(({ id }) => id)).toContain('debate');
    const { scenarios } = await client.next('scenarios');
    expect(scenarios.map(({ id }) => id)).toContain('library-card');
    client.send({
      type: 'start_session',
      user_external_id: 'ana',
      teaching_mode: 'debate',
      scenario_id: 'library-card',
    });
    expect(await client.next('session_started')).toMatchObject({
      teaching_mode: 'debate',
      opening: SCENARIO.opening,
    });
    client.socket.terminate();
    const session = (context: object, key?: string) =>
      refused('POST', 'voice/sessions', { body: { context }, ...(key === undefined ? {} : { key }) });
    expect((await session({ mode: 'debate' })).status).toBe(201);
    expect(await session({ mode: 'debate' }, OTHER_TENANTS_KEY)).toMatchObject({
      status: 400,
      body: { error: { code: 'request.invalid', message: expect.stringContaining('debate') } },
    });
  });
});
