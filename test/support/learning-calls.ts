import { setTimeout as sleep } from 'node:timers/promises';

type Call = () => Promise<Response>;

/** How a test sends a request: below /api/v1, as the tenant or as one of its learners. */
export interface LearningSender {
  tenant(path: string, init?: RequestInit): Promise<Response>;
  learner(path: string, init?: RequestInit): Promise<Response>;
  /** The learner speaks a turn. @returns its id */
  speak(): Promise<string>;
}

const json = (method: string, body: object): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

const CONTEST = {
  title: 'A week of words',
  kind: 'target_words',
  starts_at: '2026-01-01T00:00:00Z',
  ends_at: new Date(Date.now() + 3_600_000).toISOString(),
  targets: ['bicycle'],
};
/** The recording that is spoken is shorter. */
const SPEAKING_MS = 6_000;

type Calls = Readonly<Record<string, Call>>;
/** Calls in their order; the last ones wait for time to go by since the first. */
export interface LearningCalls {
  readonly begin: Calls;
  readonly middle: Calls;
  readonly last: Calls;
}

/** A call of each operation of courses, enrolments and practice that succeeds, in an order in which they all do. */
export function learningCalls({ tenant, learner, speak }: LearningSender): LearningCalls {
  const ids: Record<string, string> = {};
  /** Makes what an operation needs, and keeps its id by a name. */
  const made = async (name: string, answer: Promise<Response>): Promise<Response> => {
    const got = await answer;
    if (got.ok) ids[name] = ((await got.clone().json()) as { id: string }).id;
    return got;
  };
  const course = () => `courses/${ids.course}`;
  const set = () => `practice/question-sets/${ids.set}`;
  const word = () => `vocabulary/${ids.word}`;
  const contest = () => `contests/${ids.contest}`;
  const lesson = () => `${course()}/lessons/${ids.lesson}`;
  /** Speaks when the time to prepare is over. */
  const examAnswer = async (): Promise<Response> => {
    await sleep(Math.max(0, speakingFrom + SPEAKING_MS - Date.now()));
    return learner(`practice/exams/${ids.exam}/answer`, json('POST', { turn: await speak() }));
  };
  let speakingFrom = 0;
  const begin: Calls = {
    'POST /api/v1/practice/exams': async () => {
      const answer = await made('exam', learner('practice/exams', json('POST', { prompt: 'study-alone' })));
      speakingFrom = Date.parse(((await answer.clone().json()) as { speaking_from: string }).speaking_from);
      return answer;
    },
  };
  const middle: Calls = {
    'POST /api/v1/courses': () => made('course', tenant('courses', json('POST', { title: 'Travel' }))),
    'GET /api/v1/courses': () => tenant('courses?limit=1'),
    'GET /api/v1/courses/{id}': () => tenant(course()),
    'PATCH /api/v1/courses/{id}': () => tenant(course(), json('PATCH', { level: 'A2', version: 1 })),
    'POST /api/v1/courses/{id}/lessons': () =>
      made('lesson', tenant(`${course()}/lessons`, json('POST', { title: 'At the hotel' }))),
    'GET /api/v1/courses/{id}/lessons': () => tenant(`${course()}/lessons?limit=1`),
    'GET /api/v1/courses/{id}/lessons/{lesson}': () => tenant(lesson()),
    'PATCH /api/v1/courses/{id}/lessons/{lesson}': () =>
      tenant(lesson(), json('PATCH', { content: 'Rooms.' })),
    'POST /api/v1/enrolments': () =>
      made('enrolment', learner('enrolments', json('POST', { course: ids.course }))),
    'GET /api/v1/enrolments': () => learner('enrolments?limit=1'),
    'GET /api/v1/enrolments/{id}': () => learner(`enrolments/${ids.enrolment}`),
    'PATCH /api/v1/enrolments/{id}': () =>
      learner(`enrolments/${ids.enrolment}`, json('PATCH', { lesson: ids.lesson, status: 'completed' })),
    'POST /api/v1/practice/question-sets': () =>
      made('set', learner('practice/question-sets', json('POST', { topic: 'food' }))),
    'GET /api/v1/practice/question-sets': () => learner('practice/question-sets?limit=1'),
    'GET /api/v1/practice/question-sets/{id}': () => learner(set()),
    'POST /api/v1/practice/question-sets/{id}/answers': () =>
      learner(`${set()}/answers`, json('POST', { text: 'I like it very much.' })),
    'POST /api/v1/practice/question-sets/{id}/finish': () => learner(`${set()}/finish`, { method: 'POST' }),
    'DELETE /api/v1/practice/question-sets/{id}': () => learner(set(), { method: 'DELETE' }),
    'POST /api/v1/vocabulary': () => made('word', learner('vocabulary', json('POST', { term: 'bicycle' }))),
    'POST /api/v1/vocabulary/from-turn': async () =>
      learner('vocabulary/from-turn', json('POST', { turn: await speak() })),
    'GET /api/v1/vocabulary': () => learner('vocabulary?limit=1'),
    'GET /api/v1/vocabulary/{id}': () => learner(word()),
    'POST /api/v1/vocabulary/{id}/reviews': () =>
      learner(`${word()}/reviews`, json('POST', { rating: 'good', version: 1 })),
    'DELETE /api/v1/vocabulary/{id}': () => learner(word(), { method: 'DELETE' }),
    'GET /api/v1/practice/streak': () => learner('practice/streak?time_zone=Europe/Berlin'),
    'POST /api/v1/contests': () => made('contest', tenant('contests', json('POST', CONTEST))),
    'GET /api/v1/contests': () => tenant('contests?limit=1'),
    'GET /api/v1/contests/{id}': () => tenant(contest()),
    'POST /api/v1/contests/{id}/entries': () =>
      learner(`${contest()}/entries`, json('POST', { name: 'Ada' })),
    'GET /api/v1/contests/{id}/leaderboard': () => learner(`${contest()}/leaderboard?limit=1`),
    'DELETE /api/v1/contests/{id}': () => tenant(contest(), { method: 'DELETE' }),
    'GET /api/v1/practice/exam-prompts': () => learner('practice/exam-prompts?level=B1'),
    'GET /api/v1/practice/exams': () => learner('practice/exams?limit=1'),
    'GET /api/v1/practice/exams/{id}': () => learner(`practice/exams/${ids.exam}`),
    'DELETE /api/v1/enrolments/{id}': () => learner(`enrolments/${ids.enrolment}`, { method: 'DELETE' }),
    'DELETE /api/v1/courses/{id}/lessons/{lesson}': () => tenant(lesson(), { method: 'DELETE' }),
    'DELETE /api/v1/courses/{id}': () => tenant(course(), { method: 'DELETE' }),
  };
  return { begin, middle, last: { 'POST /api/v1/practice/exams/{id}/answer': examAnswer } };
}
