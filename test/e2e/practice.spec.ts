/** Courses, enrolments and practice over HTTP, with a real store, bus and conversation service; turns are spoken. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { accessToken } from '../support/access-token.js';
import { OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';
import type { TurnView } from '../support/turn-view.js';
import { until } from '../support/until.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

type Body = Record<string, unknown> & { readonly id: string; readonly version: number };
interface Fault {
  readonly error: { readonly code: string; readonly message: string; readonly details?: { version: number } };
}
interface Answer<Of> {
  readonly status: number;
  readonly body: Of;
}

let platform: Platform;
/** An exam whose time to prepare runs while the other tests do, and a turn of that time. */
let exam: Body;
let earlyTurn: string;
/** Tokens of learners. */
let ada: string;
let bob: string;
beforeAll(async () => {
  platform = await Platform.start({ services: ['inference', 'conversation'] });
  [ada, bob] = await Promise.all([accessToken('ada'), accessToken('bob')]);
  exam = await begunExam();
}, 120_000);
afterAll(() => platform?.stop());

/** @param by  a token or key; the tenant's own key where it is left out */
async function send<Of = Body>(
  method: string,
  path: string,
  body?: unknown,
  by?: string,
): Promise<Answer<Of>> {
  const answer = await platform.gateway.fetch(`/api/v1/${path}`, {
    method,
    headers: {
      ...(by === undefined ? {} : { authorization: `Bearer ${by}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as Of };
}
/** What succeeds. */
async function done<Of = Body>(...call: Parameters<typeof send>): Promise<Of> {
  const { status, body } = await send<Of>(...call);
  expect([call[0], call[1], status < 300, body]).toEqual([call[0], call[1], true, body]);
  return body;
}
async function refused(...call: Parameters<typeof send>): Promise<[number, string]> {
  const { status, body } = await send<Fault>(...call);
  return [status, body.error.code];
}
/** Speaks a recording in a session. @returns the turn with its reply */
async function spokenTurn(
  session: string,
  by: string,
  recording: string = READ_SPEECH.letter,
): Promise<TurnView> {
  const form = new FormData();
  form.set('audio', new Blob([readFileSync(speechFile(recording))]), 'turn.opus');
  form.set('speak', 'false');
  const answer = await platform.gateway.fetch(`/api/v1/voice/sessions/${session}/upload-audio`, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${by}` },
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as TurnView;
}
const MISSING = [404, 'learning.not_found'];

describe('courses and enrolments', () => {
  let course: string;
  let lessons: string[];
  let enrolment: Body;

  it('are written by authors with a version, read by all of the tenant, and are not there for others', async () => {
    const begun = await done('POST', 'courses', { title: 'Travel', language: 'english', level: 'A2' });
    course = begun.id;
    expect(begun).toMatchObject({ language: 'en', description: '', version: 1 });
    lessons = [];
    for (const [position, title] of ['At the hotel', 'At the station', 'At the airport'].entries())
      lessons.push(
        (
          await done('POST', `courses/${course}/lessons`, {
            title,
            position,
            key_points: [`a polite question about ${title.slice(7)}`],
          })
        ).id,
      );
    const first = await done<{ lessons: Body[]; next_cursor: string }>(
      'GET',
      `courses/${course}/lessons?limit=2`,
    );
    const rest = await done<{ lessons: Body[] }>(
      'GET',
      `courses/${course}/lessons?limit=2&cursor=${first.next_cursor}`,
      undefined,
      ada,
    );
    expect([...first.lessons, ...rest.lessons].map(({ id }) => id)).toEqual(lessons);
    const lesson = `courses/${course}/lessons/${lessons[0]}`;
    expect(await done('PATCH', lesson, { position: 5, version: 1 })).toMatchObject({
      title: 'At the hotel',
      version: 2,
    });
    expect(await send('PATCH', lesson, { position: 6, version: 1 })).toMatchObject({
      status: 409,
      body: { error: { code: 'learning.conflict', details: { version: 2 } } },
    });
    for (const path of [`courses/${course}`, lesson, `courses/${course}/lessons`])
      expect(await refused('GET', path, undefined, OTHER_TENANTS_KEY)).toEqual(MISSING);
    expect(await refused('DELETE', lesson, undefined, OTHER_TENANTS_KEY)).toEqual(MISSING);
    expect(await refused('POST', 'courses', { title: 'X' }, ada)).toEqual([403, 'auth.forbidden']);
    expect(await refused('PATCH', lesson, { title: 'X' }, ada)).toEqual([403, 'auth.forbidden']);
  });

  it('are refused with the name of the field at fault', async () => {
    for (const [body, name] of [
      [{ title: { $gt: '' } }, 'title'],
      [{ title: 'T', stars: 5 }, 'stars'],
      ['{"title":"T","__proto__":{"x":1}}', '__proto__'],
      [{ title: 'T', level: 'Z9' }, 'level'],
      [[], 'body'],
    ] as const) {
      const { status, body: fault } = await send<Fault>('POST', 'courses', body);
      expect([status, fault.error.code]).toEqual([400, 'request.invalid']);
      expect(fault.error.message).toContain(name);
    }
    for (const id of ['nobody', '__proto__', '%7B%22$gt%22%3A%22%22%7D', '01JD0000000000000000000000'])
      expect(await refused('GET', `courses/${id}`)).toEqual(MISSING);
    const long = {
      title: 'T',
      content: 'c'.repeat(8_000),
      examples: Array.from({ length: 20 }, () => 'e'.repeat(300)),
    };
    const huge = { ...long, objectives: long.examples, key_points: long.examples };
    expect(await refused('POST', `courses/${course}/lessons`, huge)).toEqual([400, 'request.invalid']);
  });

  it('belong to one learner: nobody else sees or changes an enrolment', async () => {
    enrolment = await done('POST', 'enrolments', { course }, ada);
    expect(await refused('POST', 'enrolments', { course }, ada)).toEqual([409, 'learning.exists']);
    expect(await refused('POST', 'enrolments', { course })).toEqual([400, 'request.invalid']);
    const path = `enrolments/${enrolment.id}`;
    for (const by of [bob, OTHER_TENANTS_KEY]) {
      expect(await refused('GET', path, undefined, by)).toEqual(MISSING);
      expect(await refused('PATCH', path, { lesson: lessons[0], status: 'completed' }, by)).toEqual(MISSING);
      expect(await refused('DELETE', path, undefined, by)).toEqual(MISSING);
    }
    expect((await done<{ enrolments: Body[] }>('GET', 'enrolments', undefined, bob)).enrolments).toEqual([]);
    expect(await refused('PATCH', path, { lesson: course, status: 'completed' }, ada)).toEqual(MISSING);
    const answer = await done('PATCH', path, { lesson: lessons[1], status: 'completed' }, ada);
    expect(answer.progress).toMatchObject({ [lessons[1]!]: { status: 'completed' } });
  });

  it('teach the sessions that name them, and note which lesson was begun', async () => {
    const session = await done('POST', 'voice/sessions', { enrolment: enrolment.id }, ada);
    const { reply } = await spokenTurn(session.id, ada);
    expect(reply?.text).toContain('a polite question about airport');
    // Noted behind the reply.
    const progress = await until(async () => {
      const { progress: noted } = await done('GET', `enrolments/${enrolment.id}`, undefined, ada);
      return (noted as Record<string, object>)[lessons[2]!];
    }, 10_000);
    expect(progress).toMatchObject({ status: 'started', session: session.id });
  });
});

const begunExam = () => done('POST', 'practice/exams', { prompt: 'study-alone' }, ada);
/** The recording that answers it is shorter. */
const SPOKEN_MS = 6_000;

/** A learner's answers: some with errors, one that does not fit. */
const ANSWERS = [
  'I has two brothers and a sister.',
  'She go to school every day by bus.',
  'I like to read long books in the evening.',
  'Yesterday I eated bread with cheese.',
  'My favourite place is the park near my home.',
  'We usually visit my grandmother on Sundays.',
  'I am agree with my friends about this.',
];

describe('ten questions', () => {
  let set: Body & { questions: { id: string; text: string }[]; answers: object[] };

  it('come from the bank without a language model, and not again in the next set', async () => {
    const path = 'practice/question-sets';
    const texts: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      set = await done('POST', path, { level: 'A1' }, ada);
      texts.push(...set.questions.map(({ text }) => text));
    }
    expect(set).toMatchObject({ status: 'open', source: 'random', made_by: ['question-bank'] });
    expect(new Set(texts).size).toBe(30);
    const about = await done<typeof set>('POST', path, { transcript: 'I repair old bicycles.' }, ada);
    expect(about.questions.map(({ text }) => text).join()).toContain('bicycles');
    expect(await done('POST', path, { language: 'fi' }, ada)).toMatchObject({
      status: 'failed',
      error: { code: 'model.language_unsupported' },
    });
    for (const by of [bob, OTHER_TENANTS_KEY])
      expect(await refused('GET', `${path}/${set.id}`, undefined, by)).toEqual(MISSING);
    expect(await refused('POST', path, { topic: { $gt: '' } }, ada)).toEqual([400, 'request.invalid']);
  });

  it('are answered by voice and by text, and reported on with their errors once all are', async () => {
    const path = `practice/question-sets/${set.id}`;
    const session = await done('POST', 'voice/sessions', {}, ada);
    const { id: turn } = await spokenTurn(session.id, ada);
    earlyTurn = turn;
    expect(await refused('POST', `${path}/answers`, { turn }, bob)).toEqual(MISSING);
    const theirs = await done('POST', 'voice/sessions', {}, bob);
    const foreign = await spokenTurn(theirs.id, bob, READ_SPEECH.gothic);
    expect(await refused('POST', `${path}/answers`, { turn: foreign.id }, ada)).toEqual([
      404,
      'turn.not_found',
    ]);
    await done('POST', `${path}/answers`, { turn }, ada);
    for (const text of ANSWERS) await done('POST', `${path}/answers`, { text }, ada);
    await done('POST', `${path}/answers`, { text: set.questions[8]!.text }, ada);
    await done('POST', `${path}/answers`, { text: 'I don’t know.' }, ada);
    const reported = await until(async () => {
      const now = await done<{ status: string; report: Report }>('GET', path, undefined, ada);
      return now.status === 'reported' ? now.report : undefined;
    }, 30_000);
    expect(reported).toMatchObject({ answered: 10, model: 'builtin-coach' });
    expect(reported.answers.map(({ question }) => question)).toEqual(set.questions.map(({ id }) => id));
    expect(reported.answers.slice(8).map((one) => one.makes_sense)).toEqual([false, false]);
    const errors = reported.answers.flatMap((one) => one.errors);
    expect(errors.map(({ text }) => text).join(' ')).toMatch(/has|go|agree/);
    for (const { text, correction } of errors) expect(correction).not.toBe(text);
    expect(reported.practise.length).toBeGreaterThan(1);
    expect(await refused('POST', `${path}/answers`, { text: 'More.' }, ada)).toEqual([
      409,
      'learning.closed',
    ]);
  });
});
interface Report {
  readonly answers: {
    readonly question: string;
    readonly makes_sense: boolean;
    readonly errors: { readonly text: string; readonly correction: string }[];
  }[];
  readonly practise: string[];
}

describe('vocabulary and streak', () => {
  it('has a word due at once, later after a review, and counts no review twice', async () => {
    const word = await done(
      'POST',
      'vocabulary',
      { term: '  to look\tforward to ', meaning: 'to be glad of' },
      ada,
    );
    expect(word).toMatchObject({ term: 'to look forward to', language: 'en', state: 'new', version: 1 });
    expect(await refused('POST', 'vocabulary', { term: 'TO look forward to!' }, ada)).toEqual([
      409,
      'learning.exists',
    ]);
    const due = () => done<{ words: Body[] }>('GET', 'vocabulary?due=true', undefined, ada);
    expect((await due()).words.map(({ id }) => id)).toContain(word.id);
    const review = { rating: 'easy', version: 1 };
    const reviewed = await done('POST', `vocabulary/${word.id}/reviews`, review, ada);
    expect(Date.parse(String(reviewed.due_at)) - Date.now()).toBeGreaterThan(86_400_000);
    expect(await refused('POST', `vocabulary/${word.id}/reviews`, review, ada)).toEqual([
      409,
      'learning.conflict',
    ]);
    expect((await due()).words.map(({ id }) => id)).not.toContain(word.id);
    for (const by of [bob, OTHER_TENANTS_KEY])
      expect(
        (await refused('POST', `vocabulary/${word.id}/reviews`, { rating: 'good' }, by))[0],
      ).toBeGreaterThanOrEqual(400);
    expect(await refused('GET', `vocabulary/${word.id}`, undefined, bob)).toEqual(MISSING);
    expect(await refused('POST', 'vocabulary', { term: 'a\u202Eb' }, ada)).toEqual([400, 'request.invalid']);
  });

  it('counts today once something was practised, by the time zone that is asked for', async () => {
    const streak = await done('GET', 'practice/streak?time_zone=Asia/Tokyo', undefined, ada);
    expect(streak).toMatchObject({ time_zone: 'Asia/Tokyo', today_done: true, longest: expect.any(Number) });
    expect(streak.current).toBeGreaterThanOrEqual(1);
    const none = await done('GET', 'practice/streak', undefined, await accessToken('nobody'));
    expect(none).toMatchObject({ current: 0, today_done: false, days: [] });
    expect(await refused('GET', 'practice/streak?time_zone=Mars', undefined, ada)).toEqual([
      400,
      'request.invalid',
    ]);
  });
});

describe('contests', () => {
  it('count what is spoken from joining on, once, and give equal scores one rank', async () => {
    const now = Date.now();
    const contest = await done('POST', 'contests', {
      title: 'A week of words',
      kind: 'different_words',
      starts_at: new Date(now - 3_600_000).toISOString(),
      ends_at: new Date(now + 3_600_000).toISOString(),
      time_zone: 'Europe/Berlin',
    });
    expect(await refused('POST', 'contests', { title: 'X' }, ada)).toEqual([403, 'auth.forbidden']);
    const path = `contests/${contest.id}`;
    expect(await refused('GET', `${path}/leaderboard`, undefined, OTHER_TENANTS_KEY)).toEqual(MISSING);
    for (const [by, name] of [
      [ada, 'Ada'],
      [bob, 'Bob'],
    ] as const)
      await done('POST', `${path}/entries`, { name }, by);
    const sessions = [
      await done('POST', 'voice/sessions', {}, ada),
      await done('POST', 'voice/sessions', {}, bob),
    ];
    await spokenTurn(sessions[0]!.id, ada);
    await spokenTurn(sessions[1]!.id, bob);
    // Said again in the same session: it does not count.
    await spokenTurn(sessions[0]!.id, ada);
    const readBoard = () =>
      done<{ entries: Line[]; own: { refused: object } }>('GET', `${path}/leaderboard`, undefined, ada);
    await until(async () => {
      const { entries } = await readBoard();
      return entries.reduce((sum, { turns }) => sum + turns, 0) === 3;
    }, 20_000);
    // Read once more: a board's lines and one's own entry are two questions to the store.
    const board = await readBoard();
    expect(board.entries.map(({ rank }) => rank)).toEqual([1, 1]);
    expect(board.entries[0]!.score).toBeGreaterThan(8);
    expect(board.entries[0]!.score).toBe(board.entries[1]!.score);
    expect(board.own).toMatchObject({ rank: 1, refused: { repetition: 1, playback: 0, speed: 0 } });
  });
});

describe('exams', () => {
  it('take no turn that was spoken in the time to prepare, and mark one that was spoken then', async () => {
    // The one that was begun at the start, unless this machine was slower than its time.
    if (Date.now() > Date.parse(String(exam.speaking_until))) exam = await begunExam();
    const path = `practice/exams/${exam.id}`;
    const session = await done('POST', 'voice/sessions', {}, ada);
    expect(await refused('POST', `${path}/answer`, { turn: earlyTurn }, ada)).toEqual([
      409,
      'learning.closed',
    ]);
    await sleep(Math.max(0, Date.parse(String(exam.speaking_from)) + SPOKEN_MS - Date.now()));
    const answer = await spokenTurn(session.id, ada, READ_SPEECH.gothic);
    await done('POST', `${path}/answer`, { turn: answer.id }, ada);
    const judged = await until(async () => {
      const read = await done('GET', path, undefined, ada);
      return read.status === 'judged' ? read : undefined;
    }, 20_000);
    const { marks, total } = judged.result as { marks: Record<string, number>; total: number };
    expect(marks.delivery).toBeGreaterThan(0);
    expect(total).toBe(Math.round(5 * Object.values(marks).reduce((sum, mark) => sum + mark, 0)));
    expect(await refused('GET', path, undefined, bob)).toEqual(MISSING);
    const { prompts } = await done<{ prompts: object[] }>('GET', 'practice/exam-prompts');
    expect(prompts.length).toBeGreaterThanOrEqual(30);
  });
});
interface Line {
  readonly rank: number;
  readonly score: number;
  readonly turns: number;
}
