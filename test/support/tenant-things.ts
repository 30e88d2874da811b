/*
 * The table of the cross-tenant test. A route, event or method that is new needs a line here where it names a thing by a new parameter;
 * the test says by name what is missing.
 */

const NOBODYS_ULID = '01J00000000000000000000000';
const NOBODYS_CODE = 'nobodys-code';

/** Who a thing is of. What is the tenant's another learner of it may see; what is the owner's is for no learner. */
export type Owner = 'learner' | 'tenant' | 'owner';

/** Kinds of things. `nobodys`: an id that nothing has. */
export const THINGS = {
  session: { of: 'learner', nobodys: NOBODYS_ULID },
  /** One that has ended, and has a summary. */
  endedSession: { of: 'learner', nobodys: NOBODYS_ULID },
  turn: { of: 'learner', nobodys: NOBODYS_ULID },
  account: { of: 'learner', nobodys: NOBODYS_ULID },
  key: { of: 'tenant', nobodys: NOBODYS_ULID },
  organisation: { of: 'tenant', nobodys: NOBODYS_CODE },
  mode: { of: 'tenant', nobodys: NOBODYS_CODE },
  language: { of: 'tenant', nobodys: 'zza' },
  scenario: { of: 'tenant', nobodys: NOBODYS_CODE },
  course: { of: 'tenant', nobodys: NOBODYS_ULID },
  lesson: { of: 'tenant', nobodys: NOBODYS_ULID },
  contest: { of: 'tenant', nobodys: NOBODYS_ULID },
  enrolment: { of: 'learner', nobodys: NOBODYS_ULID },
  questionSet: { of: 'learner', nobodys: NOBODYS_ULID },
  word: { of: 'learner', nobodys: NOBODYS_ULID },
  exam: { of: 'learner', nobodys: NOBODYS_ULID },
  export: { of: 'learner', nobodys: NOBODYS_ULID },
  erasure: { of: 'owner', nobodys: NOBODYS_ULID },
} as const satisfies Record<string, { readonly of: Owner; readonly nobodys: string }>;
export type ThingName = keyof typeof THINGS;

/** What a parameter stands for: a thing; `a name`, which each tenant gives as it likes; or what is nobody's, by a value that there is. */
export type Meaning = ThingName | 'a name' | { readonly fixed: string };

/** Parameters of paths, by the path up to them; or by the operation, where it is asked for another thing. */
export const PATHS: Readonly<Record<string, Meaning>> = {
  '/api/v1/keys/{id}': 'key',
  '/api/v1/organisations/{id}': 'organisation',
  '/api/v1/limits/learners/{user}': 'a name',
  '/api/v1/learners/{user}': 'a name',
  '/api/v1/dead-letters/{id}': { fixed: '1' },
  '/api/v1/languages/{id}': 'language',
  '/api/v1/languages/{id}/versions/{version}': { fixed: '1' },
  '/api/v1/scenarios/{id}': 'scenario',
  '/api/v1/scenarios/{id}/versions/{version}': { fixed: '1' },
  '/api/v1/teaching-modes/{id}': 'mode',
  '/api/v1/teaching-modes/{id}/versions/{version}': { fixed: '1' },
  '/api/v1/sessions/{id}': 'session',
  '/api/v1/sessions/{id}/turns/{turn}': 'turn',
  'GET /api/v1/sessions/{id}/summary': 'endedSession',
  '/api/v1/summaries/{session}': 'endedSession',
  '/api/v1/turns/{id}': 'turn',
  '/api/v1/turns/{id}/audio/{index}': { fixed: '0' },
  '/api/v1/turns/{id}/pictures/{file}': { fixed: 'pitch.svg' },
  '/api/v1/voice/progress/{file}': { fixed: 'trend.svg' },
  '/api/v1/voice/sessions/{id}': 'session',
  '/api/v1/voice/users/{user}': 'a name',
  '/api/v1/courses/{id}': 'course',
  '/api/v1/courses/{id}/lessons/{lesson}': 'lesson',
  '/api/v1/contests/{id}': 'contest',
  '/api/v1/enrolments/{id}': 'enrolment',
  '/api/v1/practice/question-sets/{id}': 'questionSet',
  '/api/v1/practice/exams/{id}': 'exam',
  '/api/v1/vocabulary/{id}': 'word',
  '/api/v1/privacy/exports/{id}': 'export',
  '/api/v1/privacy/erasures/{id}': 'erasure',
  '/v1/models/{id}': { fixed: 'whisper-1' },
  '/v2/models/{model}': { fixed: 'silero-vad' },
  '/v2/models/{model}/versions/{version}': { fixed: '1' },
  '/v2/repository/models/{model}': { fixed: 'silero-vad' },
};

/** Parameters of queries, by their name or by `METHOD /path?name`. */
export const QUERIES: Readonly<Record<string, Meaning>> = {
  cursor: 'session',
  user: 'a name',
  groupBy: { fixed: 'day' },
  mode: 'mode',
  language: 'language',
  level: { fixed: 'B1' },
  limit: { fixed: '100' },
  after: { fixed: '0' },
  status: { fixed: 'active' },
  format: { fixed: 'json' },
  version: { fixed: '1' },
  user_external_id: 'a name',
  learner: 'a name',
  mode_code: 'mode',
  language_code: 'language',
  target: 'key',
  state: { fixed: 'active' },
  page: { fixed: '1' },
  weeks: { fixed: '4' },
  page_size: { fixed: '100' },
  from: { fixed: '2020-01-01' },
  to: { fixed: '2099-01-01' },
  date: { fixed: new Date().toISOString().slice(0, 10) },
  text: { fixed: 'the' },
  phrase: { fixed: 'the' },
  min_score: { fixed: '0' },
  max_score: { fixed: '100' },
  highlights: { fixed: 'false' },
  due: { fixed: 'true' },
  time_zone: { fixed: 'Europe/Berlin' },
  action: { fixed: 'key.create' },
  model: { fixed: 'whisper-1' },
  detect_language: { fixed: 'true' },
  keyterm: 'a name',
  smart_format: { fixed: 'true' },
  utterances: { fixed: 'true' },
  utt_split: { fixed: '1' },
  paragraphs: { fixed: 'true' },
  encoding: { fixed: 'mp3' },
  container: { fixed: 'none' },
  sample_rate: { fixed: '22050' },
  bit_rate: { fixed: '48000' },
  speed: { fixed: '1' },
  'POST /v1/speak?model': { fixed: 'aura-asteria-en' },
  'POST /v1/listen?language': { fixed: 'en' },
  'GET /api/v1/analytics/daily?from': { fixed: new Date().toISOString().slice(0, 10) },
  'GET /api/v1/analytics/daily?to': { fixed: new Date().toISOString().slice(0, 10) },
  'GET /api/v1/summaries?cursor': { fixed: `9999999999999.${NOBODYS_ULID}` },
  'GET /api/v1/audit?cursor': { fixed: '1000' },
  'GET /api/v1/learners?cursor': 'a name',
  'GET /api/v1/dead-letters?cursor': { fixed: '1' },
  'GET /api/v1/audit/export?from': { fixed: '1' },
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
  turn: 'turn',
  course: 'course',
  mode: 'mode',
  mode_code: 'mode',
  language_code: 'language',
  scenario: 'scenario',
  scenario_id: 'scenario',
  scenario_code: 'scenario',
  lesson_id: 'lesson',
  enrolment_id: 'enrolment',
  teaching_mode: 'mode',
  id: 'a name',
  user: 'a name',
  groupBy: { fixed: 'day' },
  event_id: 'a name',
  item_id: 'a name',
  previous_item_id: 'a name',
  response_id: 'a name',
  user_external_id: 'a name',
  // Texts of the tenant's own.
  lesson: 'a name',
  enrolment: 'a name',
  'PATCH /api/v1/enrolments/{id} lesson': 'lesson',
  topic: { fixed: 'food' },
  question: { fixed: 'q1' },
  clientId: { fixed: 'parlance' },
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
  'PUT /api/v1/organisations/{id}/oidc': {
    issuer: 'https://login.example',
    clientId: 'parlance',
    clientSecret: 'taken',
    domains: ['taken.example'],
    redirects: ['https://taken.example'],
  },
  'PATCH /api/v1/courses/{id}': { title: 'Taken' },
  'PATCH /api/v1/courses/{id}/lessons/{lesson}': { title: 'Taken' },
  'PATCH /api/v1/enrolments/{id}': { lesson: NOBODYS_ULID, status: 'completed' },
  'POST /api/v1/practice/question-sets/{id}/answers': { text: 'Nothing at all.' },
  'POST /api/v1/practice/exams/{id}/answer': { turn: NOBODYS_ULID },
  'POST /api/v1/vocabulary/from-turn': { turn: NOBODYS_ULID },
  'POST /api/v1/enrolments': { course: NOBODYS_ULID },
  'POST /api/v1/sessions/open': { mode_code: 'conversation', language_code: 'en' },
  'POST /api/v1/sessions/{id}/turns': { text: 'I go home.', speak: false },
  'learn.start_session': { type: 'start_session', user_external_id: 'ada' },
  'parlance.voice.v1.Conversation/Converse': {
    config: {
      speech: {
        recognition: { audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } },
      },
    },
  },
};

/** What a learner makes of their own in a thing of the tenant's. */
export const LEARNERS_OWN: readonly string[] = ['POST /api/v1/contests/{id}/entries'];
