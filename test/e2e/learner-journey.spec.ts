/** A learner from sign-up to erasure, over HTTP and a socket, against every service and a mail server. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccessClient, type Method } from '../support/access-rig.js';
import { ACCOUNTS_ENVIRONMENT, AUTH, logInOf, PASSWORD, Person, type LogIn } from '../support/account-rig.js';
import { EverythingKept } from '../support/everything-kept.js';
import { ListenClient } from '../support/listen-client.js';
import { TestMailServer } from '../support/mail-server.js';
import { NO_MODELS } from '../support/models.js';
import { PeopleServers, PIXEL, PUBLIC_URL } from '../support/people-calls.js';
import { API_KEY, Platform } from '../support/platform.js';
import { READ_SPEECH, speechFile, speechPcm } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { zipFiles } from '../support/zip-files.js';

// Machines that test are often busy.
jest.setTimeout(180_000);

const SAID = 'Yesterday I goes to the market and my aunt Philomena buy twelve purple radishes.';
const NAME = 'Ada Quillfeather';
const EMAIL = 'ada.quillfeather@example.com';
const NEXT_EMAIL = 'ada.moves@example.com';
const WORD = 'radishmonger';
const PRIVACY = 'privacy';
/** Where the learner is found before she is erased: what the look at the end would see. */
const HELD = [
  ...['accounts', 'sessions', 'turns', 'summaries', 'learning', 'one_time_tokens', 'refresh_tokens'].map(
    (name) => `collection ${name}`,
  ),
  ...['object recordings', 'object pictures', 'object exports'],
];

let platform: Platform;
let people: PeopleServers;
let kept: EverythingKept;
let login: LogIn;
/** Whatever names the learner, or was said by her. */
const traces = new Set([EMAIL, NEXT_EMAIL, NAME, 'Philomena', WORD]);

beforeAll(async () => {
  people = await PeopleServers.start();
  const { PARLANCE_WAIT_FOR_PODS_MS: _, ...accounts } = ACCOUNTS_ENVIRONMENT;
  platform = await Platform.start({
    tts: NO_MODELS,
    // What is counted of a learner is written before they are looked for again.
    environment: { PARLANCE_USAGE_INTERVAL_MS: '200' },
    gateway: {
      ...accounts,
      ...people.environment,
      PARLANCE_SIGNING_SECRET: 'a secret that encrypts the keys of tests',
      PARLANCE_REQUIRE_VERIFIED_EMAIL: 'true',
      PARLANCE_PRIVACY_POLL_MS: '200',
      PARLANCE_ERASURE_VERIFY_MS: '1000',
    },
  });
  kept = await EverythingKept.of(platform);
  await owners('PATCH', 'organisations/acme', { version: 1, signUp: true });
}, 240_000);
afterAll(async () => {
  await kept?.close();
  await platform?.stop();
  await people?.mail.stop();
  await people?.provider.stop();
});

async function called<Body>(token: string, method: Method, path: string, body?: object): Promise<Body> {
  const answer = await new AccessClient(platform.gateway, token).send(method, `/api/v1/${path}`, body);
  expect([method, path, answer.status < 300, answer.body]).toEqual([method, path, true, answer.body]);
  return answer.body as unknown as Body;
}
const owners = <Body = Named>(method: Method, path: string, body?: object): Promise<Body> =>
  called(API_KEY, method, path, body);
const adas = <Body = Named>(method: Method, path: string, body?: object): Promise<Body> =>
  called(login.accessToken, method, path, body);
/** What a call is answered by once it is as it is waited for. */
const awaited = <Body>(path: string, isThere: (body: Body) => boolean): Promise<Body> =>
  until(async () => {
    const body = await adas<Body>('GET', path);
    return isThere(body) ? body : undefined;
  }, 60_000);

interface Named {
  readonly id: string;
}
interface Turn extends Named {
  readonly transcript: string;
  readonly reply: object | null;
  readonly evaluation: { readonly total: number } | null;
  readonly error_report: { readonly errors: readonly object[] } | null;
}
interface QuestionSet extends Named {
  readonly status: string;
  readonly questions: readonly { readonly id: string }[];
  readonly report: { readonly answered: number; readonly answers: readonly object[] };
}
interface Board {
  readonly entries: readonly { readonly name: string; readonly rank: number; readonly score: number }[];
}

/** Speaks a recording into a session. @returns the turn's id */
async function upload(session: string, recording: string): Promise<string> {
  const form = new FormData();
  form.set('audio', new Blob([readFileSync(speechFile(recording))]), 'turn.opus');
  form.set('speak', 'true');
  const answer = await platform.gateway.fetch(`/api/v1/voice/sessions/${session}/upload-audio`, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${login.accessToken}` },
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as Named).id;
}
/** Opens a session in the mode of a scenario. */
async function opened(): Promise<string> {
  const scenario = await adas<{ code: string; mode: string }>('GET', 'scenarios/restaurant');
  const { id } = await adas('POST', 'sessions/open', {
    ...{ mode_code: scenario.mode, language_code: 'en' },
    metadata: { scenario: scenario.code },
  });
  traces.add(id);
  return id;
}

describe('a learner', () => {
  let session: string;
  let turns: readonly Turn[];
  let contest: string;

  it('signs up, shows by the code of a mail that the address is theirs, and logs in', async () => {
    const ada = new Person(platform.gateway, EMAIL);
    expect((await ada.signUp({ profile: { name: NAME, targetLanguages: ['en'] } })).status).toBe(202);
    expect((await ada.logIn()).body.error?.code).toBe('auth.email_unverified');
    const token = TestMailServer.codeOf(await people.mail.mailTo(EMAIL));
    expect((await ada.send('verify-email', { token })).status).toBe(204);
    login = logInOf(await ada.logIn());
    traces.add(login.account.id);
    const picture = await platform.gateway.fetch('/api/v1/profile/picture', {
      method: 'PUT',
      body: new Uint8Array(PIXEL),
      headers: { authorization: `Bearer ${login.accessToken}`, 'content-type': 'image/png' },
    });
    expect(picture.status).toBe(200);
    const moves = { password: PASSWORD, email: NEXT_EMAIL };
    expect((await ada.call(login.accessToken, 'POST', `${AUTH}/change-email`, moves)).status).toBe(202);
    await people.mail.mailTo(NEXT_EMAIL);
  });

  it('opens a session in a scenario’s mode, and speaks by upload, by socket and in writing', async () => {
    session = await opened();
    await upload(session, READ_SPEECH.letter);
    const socket = await ListenClient.open(
      platform.gateway.url,
      { converse: 'true', session },
      { authorization: `Bearer ${login.accessToken}` },
    );
    await socket.speak(Buffer.concat([speechPcm(READ_SPEECH.gothic), Buffer.alloc(40_000)]), 8);
    await until(async () => {
      const { turns: known } = await adas<{ turns: Turn[] }>('GET', `sessions/${session}/turns`);
      return known.length > 1 && known.every(({ reply }) => reply) ? true : undefined;
    }, 60_000);
    socket.control('CloseStream');
    await socket.closed;
    await adas('POST', `sessions/${session}/turns`, { text: SAID, speak: true });
    ({ turns } = await awaited<{ turns: Turn[] }>(
      `sessions/${session}/turns`,
      ({ turns: known }) =>
        known.some(({ transcript }) => transcript === SAID) &&
        known.every((turn) => turn.evaluation && turn.error_report),
    ));
    expect(turns.length).toBeGreaterThanOrEqual(3);
    expect(turns.at(-1)!.error_report!.errors.length).toBeGreaterThan(0);
    for (const { id, transcript } of turns) {
      traces.add(id);
      // What is shorter may have been said by anybody.
      if (transcript.length > 20) traces.add(transcript);
    }
  });

  it('closes it, reads its summary and finds what was said', async () => {
    expect(await adas('POST', `sessions/${session}/close`)).toMatchObject({ state: 'closed' });
    const summary = await awaited<{ title?: string }>(`sessions/${session}/summary`, ({ title }) => !!title);
    expect(summary).toMatchObject({ session, subtitle: { 0: { heading: expect.any(String) } } });
    const { results } = await adas<{ results: Named[] }>(
      'GET',
      'conversations/search?phrase=purple+radishes',
    );
    expect(results.map(({ id }) => id)).toEqual([turns.at(-1)!.id]);
  });

  it('answers ten questions, learns a word, and stands on the leaderboard of a contest', async () => {
    const set = await adas<QuestionSet>('POST', 'practice/question-sets', { level: 'A1' });
    const path = `practice/question-sets/${set.id}`;
    traces.add(set.id);
    await adas('POST', `${path}/answers`, { turn: turns[0]!.id });
    for (let left = set.questions.length - 1; left > 0; left -= 1)
      await adas('POST', `${path}/answers`, { text: `My aunt Philomena have ${left} radish.` });
    const { report } = await awaited<QuestionSet>(path, ({ status }) => status === 'reported');
    expect([report.answered, report.answers.length]).toEqual([10, 10]);
    await adas('POST', 'vocabulary', { term: WORD, meaning: 'somebody who sells radishes' });

    ({ id: contest } = await owners('POST', 'contests', {
      ...{ title: 'A week of words', kind: 'words_in_all', time_zone: 'Europe/Berlin' },
      starts_at: new Date(Date.now() - 3_600_000).toISOString(),
      ends_at: new Date(Date.now() + 3_600_000).toISOString(),
    }));
    await adas('POST', `contests/${contest}/entries`, { name: NAME });
    const again = await opened();
    traces.add(await upload(again, READ_SPEECH.letter));
    const { entries } = await awaited<Board>(`contests/${contest}/leaderboard`, (board) =>
      board.entries.some(({ score }) => score > 0),
    );
    expect(entries).toMatchObject([{ name: NAME, rank: 1 }]);
  });

  it('gets a file with all of it, the sound as well', async () => {
    const { id } = await adas('POST', `${PRIVACY}/exports`, {});
    const done = await awaited<{ state: string; url: string }>(`${PRIVACY}/exports/${id}`, ({ state }) =>
      ['done', 'failed'].includes(state),
    );
    expect(done.state).toBe('done');
    const answer = await platform.gateway.fetch(new URL(done.url, PUBLIC_URL).pathname, {
      headers: { authorization: `Bearer ${login.accessToken}` },
    });
    const files = await zipFiles(Buffer.from(await answer.arrayBuffer()));
    const list = (name: string) => JSON.parse(String(files.get(`${name}.json`))) as { kind: string }[];
    expect(list('account')).toMatchObject([{ email: EMAIL, profile: { name: NAME }, picture: 'image/png' }]);
    expect(list('turns')).toHaveLength(turns.length + 1);
    expect(list('turns')).toContainEqual(expect.objectContaining({ text: SAID }));
    expect(list('summaries')).toMatchObject([{ session }]);
    expect(list('codes')).toContainEqual(expect.objectContaining({ purpose: 'change-email' }));
    expect(list('practice').map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['question_set', 'word', 'activity', 'contest_entry']),
    );
    expect(files.get('picture.png')!.equals(PIXEL)).toBe(true);
    const sound = [...files].filter(
      ([name]) => name.startsWith(`audio/${session}/`) && name.endsWith('.flac'),
    );
    expect(sound.length).toBeGreaterThanOrEqual(2);
    for (const [, bytes] of sound) expect(bytes.toString('latin1', 0, 4)).toBe('fLaC');
    expect(JSON.stringify([...files.values()].map(String))).not.toMatch(/passwordHash|argon2|rt_/);
  });

  it('is erased: nothing is left in documents, objects and streams but what names nobody', async () => {
    const before = await kept.locationsOf([...traces]);
    const locations = new Set(before.map((location) => location.split('/')[0]!));
    for (const location of HELD) expect(locations).toContain(location);
    const { id } = await adas('POST', `${PRIVACY}/erasures`, { password: PASSWORD });
    const done = await until(async () => {
      const job = await owners<{ state: string; parts: object }>('GET', `${PRIVACY}/erasures/${id}`);
      return job.state === 'done' ? job : undefined;
    }, 60_000);
    expect(done.parts).toMatchObject({ account: 1, sessions: 2, exports: 1 });
    expect(await kept.locationsOf([...traces])).toEqual([]);

    // Kept on purpose: the tombstone and the audit log name a salted hash, which is nobody without the id.
    const jobs = kept.store.raw.collection<{ _id: string; pseudonym: string }>('privacy_jobs');
    const { pseudonym } = (await jobs.findOne({ _id: id }))!;
    expect(pseudonym).not.toContain(login.account.id);
    expect((await kept.locationsOf([pseudonym])).sort()).toEqual([
      'collection audit',
      'collection privacy_jobs',
    ]);
  });

  it('is known to nobody afterwards, and is not brought back by who names them', async () => {
    const { accessToken, account } = login;
    const gone = await new AccessClient(platform.gateway, accessToken).send('GET', '/api/v1/profile');
    expect([gone.status, gone.body.error?.code]).toEqual([401, 'auth.invalid_token']);
    expect((await new Person(platform.gateway, EMAIL).logIn()).status).toBe(401);
    const open = { user_external_id: account.id, mode_code: 'grammar', language_code: 'en' };
    const late = await new AccessClient(platform.gateway, API_KEY).send(
      'POST',
      '/api/v1/sessions/open',
      open,
    );
    expect([late.status, late.body.error?.code]).toEqual([410, 'learner.erased']);
    const found = await owners<{ results: object[] }>('GET', 'conversations/search?text=Philomena');
    expect(found.results).toEqual([]);
    expect((await owners<Board>('GET', `contests/${contest}/leaderboard`)).entries).toEqual([]);
    const log = await owners<{ entries: { action: string; details?: object }[] }>('GET', 'audit?limit=100');
    expect(log.entries.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        'account.verify_email',
        'account.change_email',
        'account.picture',
        'erasure.done',
      ]),
    );
    expect(await kept.locationsOf([...traces])).toEqual([]);
  });
});
