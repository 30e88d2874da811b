import { AccessClient, type Method } from './access-rig.js';
import { logInOf, Person, PROFILE, type LogIn } from './account-rig.js';
import { CLIENT } from './openid-provider.js';
import { PIXEL } from './people-calls.js';
import { API_KEY, OTHER_TENANTS_KEY, type Gateway } from './platform.js';
import { READ_SPEECH, speechPcm } from './speech-samples.js';
import type { Owner, ThingName } from './tenant-things.js';
import { until } from './until.js';
import { VoiceClient } from './voice-client.js';

/** The things of acme, one each, those of a learner Ada's; and who else calls. */
export interface MadeThings {
  readonly ids: Readonly<Record<ThingName, string>>;
  /** The learner whose things they are; what acme's own key can not ask, she can. */
  readonly ada: string;
  /** Another learner of acme. */
  readonly bob: string;
  /** A learner of globex. */
  readonly eve: string;
  /** Texts that stand in the things alone, by whose they are. */
  readonly marks: Readonly<Record<Owner, readonly string[]>>;
}

const MODE = {
  code: 'debate-of-acme',
  label: 'Debate zyx of acme',
  description: 'Two sides of a question.',
  rubric: { weights: { fluency: 0.4, vocabulary: 0.3, grammar: 0.2, pronunciation: 0.1 } },
  guidelines: ['Mark reasons.'],
  system_prompt: 'Take the other side.',
};
const LANGUAGE = { code: 'la', label: 'Latin zyx of acme', native_name: 'Latina', levels: ['A1'] };
const SCENARIO = {
  code: 'library-of-acme',
  title: 'Getting a library card zyx',
  mode: 'conversation',
  level: 'A2',
  roles: { coach: 'the librarian', learner: 'a reader' },
  opening: 'Is it your first visit?',
  goals: [{ id: 'ask', goal: 'Ask for a card.', keywords: ['card'], questions: ['Yes?'] }],
};
const KEY_NAME = 'Shop zyx of acme';
const EMAIL = 'ada@zyx.example';
const COURSE = { title: 'A course zyx of acme' };
const LESSON = { title: 'A lesson zyx of acme' };
const CONTEST = {
  title: 'A contest zyx of acme',
  kind: 'target_words',
  starts_at: '2026-01-01T00:00:00Z',
  ends_at: new Date(Date.now() + 86_400_000).toISOString(),
  targets: ['bicycle'],
};
const TERM = 'a zyxophone';
const WRITTEN = 'I play the zyxophone at home.';
/** Behind the end of a PNG file, where nobody looks. */
const PICTURE_MARK = 'the picture zyx of Ada';
const ISSUERS_DOMAIN = 'zyx-of-acme.example';
const WAIT_MS = 60_000;

type Maker = (method: Method, path: string, body: object) => Promise<Readonly<Record<string, string>>>;

/** Sends what must succeed, as somebody. */
function maker(gateway: Gateway, token: string): Maker {
  const client = new AccessClient(gateway, token);
  return async (method, path, body) => {
    const answer = await client.send(method, `/api/v1/${path}`, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
}

/** Makes them.
 *  @param issuer  of an OpenID provider that answers
 *  @throws Error where one can not be made */
export async function makeThings(gateway: Gateway, issuer: string): Promise<MadeThings> {
  const made = maker(gateway, API_KEY);
  const ada = await learner(gateway, API_KEY, 'acme', EMAIL);
  const bob = await learner(gateway, API_KEY, 'acme', 'bob@acme.example');
  const eve = await learner(gateway, OTHER_TENANTS_KEY, 'globex', 'eve@globex.example');
  await made('POST', 'teaching-modes', MODE);
  await made('POST', 'languages', LANGUAGE);
  await made('POST', 'scenarios', SCENARIO);
  const key = await made('POST', 'keys', { name: KEY_NAME, scopes: ['speech'] });
  await made('PUT', 'organisations/acme/oidc', {
    ...CLIENT,
    ...{ issuer, domains: [ISSUERS_DOMAIN], redirects: [`https://${ISSUERS_DOMAIN}/in`] },
  });
  const { session, turn, text } = await conversation(gateway, ada.accessToken);
  const { endedSession, writtenTurn } = await writtenConversation(gateway, ada.accessToken);
  const learning = await learningThings(made, maker(gateway, ada.accessToken));
  await setPicture(gateway, ada.accessToken);
  const erasure = (await made('POST', 'privacy/erasures', { user: 'long-gone' })).id!;
  const ids = {
    ...learning,
    export: await exported(gateway, ada.accessToken),
    erasure,
    session,
    endedSession,
    turn,
    account: ada.account.id,
    key: key.id!,
    organisation: 'acme',
    mode: MODE.code,
    language: LANGUAGE.code,
    scenario: SCENARIO.code,
  };
  return {
    ids,
    ada: ada.accessToken,
    bob: bob.accessToken,
    eve: eve.accessToken,
    marks: {
      learner: [
        ...[session, turn, ids.account, EMAIL, text, endedSession, writtenTurn, WRITTEN, TERM, PICTURE_MARK],
        ...[ids.enrolment, ids.questionSet, ids.word, ids.exam, ids.export],
      ],
      owner: [erasure, ISSUERS_DOMAIN],
      tenant: [
        ids.key,
        KEY_NAME,
        ids.mode,
        MODE.label,
        LANGUAGE.label,
        ids.scenario,
        SCENARIO.title,
        '"acme"',
        ...[ids.course, COURSE.title, ids.lesson, LESSON.title, ids.contest, CONTEST.title],
      ],
    },
  };
}

async function learner(gateway: Gateway, key: string, organisation: string, email: string): Promise<LogIn> {
  const tenant = new AccessClient(gateway, key);
  const path = `/api/v1/organisations/${organisation}`;
  const { version, signUp } = (await tenant.send('GET', path)).body as unknown as {
    readonly version: number;
    readonly signUp: boolean;
  };
  if (!signUp) await tenant.send('PATCH', path, { version, signUp: true });
  return logInOf(await new Person(gateway, email, organisation).signUp({ profile: { name: 'A learner' } }));
}

/** A spoken turn that is assessed and answered aloud, and the joined recording of its session. */
async function conversation(gateway: Gateway, token: string) {
  const client = await VoiceClient.connect(gateway.url, { token });
  const { sessionId: session } = await client.join({ settings: { assess: true } });
  await client.ask('voice:start-recording', {
    metadata: { encoding: 'linear16', sampleRate: 16_000, channels: 1 },
  });
  await client.speak(speechPcm(READ_SPEECH.letter), 0, 8);
  await client.ask('voice:stop-recording');
  const { messageId: turn } = await until(() => client.parts('speech')[0], 30_000);
  const { metadata } = await until(() => client.parts('reply')[0], 30_000);
  await until(() => client.parts('speech').length === metadata.sentences, 30_000);
  await until(() => client.of('voice:assessed')[0], 30_000);
  const { text } = client.of('voice:transcribed').find(({ isFinal }) => isFinal)!;
  await client.ask('voice:leave');
  client.close();
  const path = `/api/v1/voice/sessions/${session}/recording`;
  await until(async () => (await new AccessClient(gateway, token).send('GET', path)).status === 200, 30_000);
  return { session, turn, text };
}

/** A session with what was written in it, ended, once it has its summary. */
async function writtenConversation(gateway: Gateway, token: string) {
  const made = maker(gateway, token);
  const client = new AccessClient(gateway, token);
  const endedSession = (
    await made('POST', 'sessions/open', { mode_code: 'conversation', language_code: 'en' })
  ).id!;
  const path = `/api/v1/sessions/${endedSession}`;
  const writtenTurn = (await made('POST', `sessions/${endedSession}/turns`, { text: WRITTEN, speak: false }))
    .id!;
  await made('POST', `sessions/${endedSession}/close`, {});
  await until(async () => (await client.send('GET', `${path}/summary`)).status === 200, WAIT_MS);
  return { endedSession, writtenTurn };
}

/** What is learnt by, of the tenant, and what Ada has of it. */
async function learningThings(acme: Maker, ada: Maker) {
  const course = (await acme('POST', 'courses', COURSE)).id!;
  const lesson = (await acme('POST', `courses/${course}/lessons`, LESSON)).id!;
  const contest = (await acme('POST', 'contests', CONTEST)).id!;
  await ada('POST', `contests/${contest}/entries`, {});
  const enrolment = (await ada('POST', 'enrolments', { course })).id!;
  await ada('PATCH', `enrolments/${enrolment}`, { lesson, status: 'started' });
  const questionSet = (await ada('POST', 'practice/question-sets', { topic: 'food' })).id!;
  const word = (await ada('POST', 'vocabulary', { term: TERM })).id!;
  const exam = (await ada('POST', 'practice/exams', {})).id!;
  return { course, lesson, contest, enrolment, questionSet, word, exam };
}

async function setPicture(gateway: Gateway, token: string): Promise<void> {
  const answer = await fetch(`${gateway.url}${PROFILE}/picture`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'image/png' },
    body: Buffer.concat([PIXEL, Buffer.from(PICTURE_MARK)]),
  });
  if (!answer.ok) throw new Error(`the picture: ${await answer.text()}`);
}

/** An export of all that is kept of a learner, once its file is there. @returns its id */
async function exported(gateway: Gateway, token: string): Promise<string> {
  const id = (await maker(gateway, token)('POST', 'privacy/exports', {})).id!;
  const client = new AccessClient(gateway, token);
  const isThere = async () =>
    (await client.send('GET', `/api/v1/privacy/exports/${id}`)).body.state === ('done' as never);
  await until(isThere, WAIT_MS);
  return id;
}
