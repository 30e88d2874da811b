import { AccessClient, type Method } from './access-rig.js';
import { logInOf, Person, type LogIn } from './account-rig.js';
import { API_KEY, OTHER_TENANTS_KEY, type Gateway } from './platform.js';
import { READ_SPEECH, speechPcm } from './speech-samples.js';
import { until } from './until.js';
import { VoiceClient } from './voice-client.js';

/*
 * The table of the cross-tenant test. A route, event or method that is new needs a line here where it names a thing by a new parameter;
 * the test says by name what is missing.
 */

const NOBODYS_ULID = '01J00000000000000000000000';
const NOBODYS_CODE = 'nobodys-code';

type Owner = 'learner' | 'tenant';

/** Kinds of things. `of`: whose they are; another learner of the tenant may see what is the tenant's. `nobodys`: an id that nothing has. */
export const THINGS = {
  session: { of: 'learner', nobodys: NOBODYS_ULID },
  turn: { of: 'learner', nobodys: NOBODYS_ULID },
  account: { of: 'learner', nobodys: NOBODYS_ULID },
  key: { of: 'tenant', nobodys: NOBODYS_ULID },
  organisation: { of: 'tenant', nobodys: NOBODYS_CODE },
  mode: { of: 'tenant', nobodys: NOBODYS_CODE },
  language: { of: 'tenant', nobodys: 'zza' },
  scenario: { of: 'tenant', nobodys: NOBODYS_CODE },
} as const satisfies Record<string, { readonly of: Owner; readonly nobodys: string }>;
export type ThingName = keyof typeof THINGS;

/** What a parameter stands for: a thing; `a name`, which each tenant gives as it likes; or what is nobody's, by a value that there is. */
export type Meaning = ThingName | 'a name' | { readonly fixed: string };

/** Parameters of paths, by the path up to them. */
export const PATHS: Readonly<Record<string, Meaning>> = {
  '/api/v1/keys/{id}': 'key',
  '/api/v1/organisations/{id}': 'organisation',
  '/api/v1/limits/learners/{user}': 'a name',
  '/api/v1/languages/{id}': 'language',
  '/api/v1/languages/{id}/versions/{version}': { fixed: '1' },
  '/api/v1/scenarios/{id}': 'scenario',
  '/api/v1/scenarios/{id}/versions/{version}': { fixed: '1' },
  '/api/v1/teaching-modes/{id}': 'mode',
  '/api/v1/teaching-modes/{id}/versions/{version}': { fixed: '1' },
  '/api/v1/sessions/{id}': 'session',
  '/api/v1/turns/{id}': 'turn',
  '/api/v1/turns/{id}/audio/{index}': { fixed: '0' },
  '/api/v1/voice/sessions/{id}': 'session',
  '/api/v1/voice/users/{user}': 'a name',
  '/v1/models/{id}': { fixed: 'whisper-1' },
};

/** Parameters of queries, by their name or by `METHOD /path?name`. */
export const QUERIES: Readonly<Record<string, Meaning>> = {
  cursor: 'session',
  user: 'a name',
  mode: 'mode',
  language: 'language',
  level: { fixed: 'B1' },
  limit: { fixed: '100' },
  after: { fixed: '0' },
  status: { fixed: 'active' },
  format: { fixed: 'json' },
  version: { fixed: '1' },
  'GET /api/v1/languages?cursor': { fixed: 'a' },
  'GET /api/v1/organisations?cursor': { fixed: 'a' },
  'GET /api/v1/scenarios?cursor': { fixed: 'a' },
  'GET /api/v1/teaching-modes?cursor': { fixed: 'a' },
};

/** Fields of bodies, messages and calls that may name a thing, by their name; or by the operation and the path of the field. */
export const FIELDS: Readonly<Record<string, Meaning>> = {
  session: 'session',
  sessionId: 'session',
  messageId: 'turn',
  mode: 'mode',
  scenario: 'scenario',
  scenario_id: 'scenario',
  teaching_mode: 'mode',
  id: 'a name',
  user: 'a name',
  user_external_id: 'a name',
  // Texts of the tenant's own.
  lesson: 'a name',
  enrolment: 'a name',
  language: { fixed: 'en' },
  motherLanguage: { fixed: 'en' },
  targetLanguage: { fixed: 'es' },
  mother_language: { fixed: 'en' },
  target_language: { fixed: 'es' },
  prompt: { fixed: 'A letter.' },
  system_prompt: { fixed: 'Be kind.' },
  'POST /api/v1/scenarios roles.learner': { fixed: 'a reader' },
  'PATCH /api/v1/scenarios/{id} roles.learner': { fixed: 'a reader' },
};

/** Bodies of operations and messages for which what their schema requires is not enough. */
export const BODIES: Readonly<Record<string, object>> = {
  'PATCH /api/v1/organisations/{id}': { version: 1, name: 'Taken' },
  'PATCH /api/v1/languages/{id}': { levels: ['A1'] },
  'PATCH /api/v1/scenarios/{id}': { level: 'C1' },
  'PATCH /api/v1/teaching-modes/{id}': { label: 'Taken' },
  'learn.start_session': { type: 'start_session', user_external_id: 'ada' },
  'parlance.voice.v1.Conversation/Converse': {
    config: {
      speech: {
        recognition: { audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } },
      },
    },
  },
};

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

/** Makes them. @throws Error where one can not be made */
export async function makeThings(gateway: Gateway): Promise<MadeThings> {
  const acme = new AccessClient(gateway, API_KEY);
  const made = async (
    method: Method,
    path: string,
    body: object,
  ): Promise<Readonly<Record<string, string>>> => {
    const answer = await acme.send(method, `/api/v1/${path}`, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const ada = await learner(gateway, API_KEY, 'acme', EMAIL);
  const bob = await learner(gateway, API_KEY, 'acme', 'bob@acme.example');
  const eve = await learner(gateway, OTHER_TENANTS_KEY, 'globex', 'eve@globex.example');
  await made('POST', 'teaching-modes', MODE);
  await made('POST', 'languages', LANGUAGE);
  await made('POST', 'scenarios', SCENARIO);
  const key = await made('POST', 'keys', { name: KEY_NAME, scopes: ['speech'] });
  const { session, turn, text } = await conversation(gateway, ada.accessToken);
  const ids = {
    session,
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
      learner: [session, turn, ids.account, EMAIL, text],
      tenant: [
        ids.key,
        KEY_NAME,
        ids.mode,
        MODE.label,
        LANGUAGE.label,
        ids.scenario,
        SCENARIO.title,
        '"acme"',
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
  return logInOf(await new Person(gateway, email, organisation).signUp({ profile: { name: email } }));
}

/** A spoken turn that is answered aloud, and the joined recording of its session. */
async function conversation(gateway: Gateway, token: string) {
  const client = await VoiceClient.connect(gateway.url, { token });
  const { sessionId: session } = await client.join();
  await client.ask('voice:start-recording', {
    metadata: { encoding: 'linear16', sampleRate: 16_000, channels: 1 },
  });
  await client.speak(speechPcm(READ_SPEECH.letter), 0, 8);
  await client.ask('voice:stop-recording');
  const { messageId: turn } = await until(() => client.parts('speech')[0], 30_000);
  const { metadata } = await until(() => client.parts('reply')[0], 30_000);
  await until(() => client.parts('speech').length === metadata.sentences, 30_000);
  const { text } = client.of('voice:transcribed').find(({ isFinal }) => isFinal)!;
  await client.ask('voice:leave');
  client.close();
  const path = `/api/v1/voice/sessions/${session}/recording`;
  await until(async () => (await new AccessClient(gateway, token).send('GET', path)).status === 200, 30_000);
  return { session, turn, text };
}
