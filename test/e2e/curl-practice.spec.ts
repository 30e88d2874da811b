/** A client of courses, practice, analytics and privacy that is written with curl, by the fields of their docs. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Curl } from '../support/curl.js';
import { NO_MODELS } from '../support/models.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';
import { until } from '../support/until.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

type Made = Record<string, unknown> & { readonly id: string; readonly version: number };
interface QuestionSet extends Made {
  readonly status: string;
  readonly questions: { readonly id: string; readonly text: string }[];
  readonly report: { readonly answers: { readonly errors: object[] }[]; readonly practise: string[] };
}
interface Board {
  readonly entries: { readonly rank: number; readonly score: number; readonly own: boolean }[];
  readonly own: { readonly rank: number } | null;
}

/** For whom a call with the tenant's key is. */
const AS_ANNA = '-H "x-parlance-user: anna-1"';

let platform: Platform;
let curl: Curl;
let others: Curl;
beforeAll(async () => {
  platform = await Platform.start({ tts: NO_MODELS });
  curl = new Curl(platform.gateway.url, API_KEY);
  others = new Curl(platform.gateway.url, OTHER_TENANTS_KEY);
  curl.set('SPEECH', speechFile(READ_SPEECH.letter));
}, 120_000);
afterAll(() => platform?.stop());

const done = <Body = Made>(status: number, call: string) => curl.done<Body>(status, call);

it('a course with lessons is written, a learner enrolled, taught by it and further in it afterwards', async () => {
  const course = await done(
    201,
    `/api/v1/courses --json '{"title": "Travel", "language": "en", "level": "A2"}'`,
  );
  curl.set('COURSE', course.id);
  const lesson = await done(
    201,
    `/api/v1/courses/$COURSE/lessons --json '{"title": "At the hotel", "content": "Rooms and keys.",
      "objectives": ["Ask for a room."], "key_points": ["a room for two"], "examples": ["A room for two, please."],
      "teaching_style": "patient", "system_prompt": "Speak slowly."}'`,
  );
  curl.set('LESSON', lesson.id);
  expect(await done(200, '/api/v1/courses/$COURSE/lessons')).toMatchObject({ lessons: [lesson] });
  const enrolment = await done(201, `/api/v1/enrolments ${AS_ANNA} --json '{"course": "${course.id}"}'`);
  curl.set('ENROLMENT', enrolment.id);
  const session = await done(
    201,
    `/api/v1/sessions/open --json '{"user_external_id": "anna-1", "mode_code": "conversation", "language_code": "en",
      "enrolment_id": "${enrolment.id}"}'`,
  );
  const turn = await done<{ reply: { text: string } }>(
    201,
    `/api/v1/sessions/${session.id}/turns --json '{"text": "Good morning."}'`,
  );
  expect(turn.reply.text).toContain('a room for two');
  const change = `{"lesson": "${lesson.id}", "status": "completed"}`;
  const further = await done(200, `/api/v1/enrolments/$ENROLMENT -X PATCH ${AS_ANNA} --json '${change}'`);
  expect(further.progress).toMatchObject({ [lesson.id]: { status: 'completed' } });
  expect((await others.run(`/api/v1/courses/${course.id}`)).status).toBe(404);
});

describe('practice, called by curl', () => {
  it('asks ten questions at random, on a topic and on a transcript, and reports on the answers once', async () => {
    const sets = '/api/v1/practice/question-sets';
    const random = await done<QuestionSet>(201, `${sets} ${AS_ANNA} --json '{}'`);
    const topical = await done<QuestionSet>(
      201,
      `${sets} ${AS_ANNA} --json '{"topic": "food", "level": "A1"}'`,
    );
    const transcript = '{"transcript": "I repair old bicycles in my garage."}';
    const own = await done<QuestionSet>(201, `${sets} ${AS_ANNA} --json '${transcript}'`);
    const texts = [random, topical, own].flatMap(({ questions }) => questions.map(({ text }) => text));
    expect(new Set(texts).size).toBe(30);
    curl.set('SET', topical.id);
    const session = await done(
      201,
      `/api/v1/sessions/open --json '{"user_external_id": "anna-1", "mode_code": "conversation", "language_code": "en"}'`,
    );
    const spoken = await done(201, `/api/v1/sessions/${session.id}/turns -F audio=@"$SPEECH" -F speak=false`);
    const answers = `${sets}/$SET/answers ${AS_ANNA}`;
    await done(200, `${answers} --json '{"question": "q1", "turn": "${spoken.id}"}'`);
    for (let question = 2; question < 10; question += 1)
      await done(
        200,
        `${answers} --json '{"question": "q${question}", "text": "She go there every ${question} days."}'`,
      );
    const last = await curl.run(`${answers} --json '{"text": "I eated bread."}'`);
    expect([200, 202]).toContain(last.status);
    const { report } = await until(async () => {
      const set = await done<QuestionSet>(200, `${sets}/$SET ${AS_ANNA}`);
      return set.status === 'reported' ? set : undefined;
    }, 60_000);
    expect(report).toMatchObject({ answered: 10, practise: expect.arrayContaining([expect.any(String)]) });
    expect(report.answers.flatMap(({ errors }) => errors)).toContainEqual(
      expect.objectContaining({ text: expect.any(String), correction: expect.any(String) }),
    );
  });

  it('has exam prompts with 15 s to prepare and 45 s to speak, and a rubric', async () => {
    const { prompts, rubric } = await done<{ prompts: object[]; rubric: object[] }>(
      200,
      '/api/v1/practice/exam-prompts',
    );
    expect(prompts).toContainEqual(
      expect.objectContaining({
        preparation_seconds: 15,
        speaking_seconds: 45,
        question: expect.any(String),
      }),
    );
    expect(rubric).toHaveLength(4);
    expect(await done(201, `/api/v1/practice/exams ${AS_ANNA} --json '{}'`)).toMatchObject({
      status: 'running',
    });
  });

  it('counts words in a contest with dates, and shows the board', async () => {
    const dayIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const contest = await done(
      201,
      `/api/v1/contests --json '{"title": "A week of words", "starts_at": "${dayIn(-1)}", "ends_at": "${dayIn(2)}",
        "time_zone": "Africa/Lagos"}'`,
    );
    const starts = `${dayIn(-2)}T23:00:00.000Z`;
    expect(contest).toMatchObject({ kind: 'words_in_all', starts_at: starts, status: 'running' });
    curl.set('CONTEST', contest.id);
    for (const user of ['anna-1', 'ben-2'])
      await done(
        201,
        `/api/v1/contests/$CONTEST/entries -H "x-parlance-user: ${user}" --json '{"name": "${user}"}'`,
      );
    const session = await done(
      201,
      `/api/v1/sessions/open --json '{"user_external_id": "anna-1", "mode_code": "conversation", "language_code": "en"}'`,
    );
    await done(201, `/api/v1/sessions/${session.id}/turns -F audio=@"$SPEECH" -F speak=false`);
    const board = await until(async () => {
      const read = await done<Board>(200, `/api/v1/contests/$CONTEST/leaderboard ${AS_ANNA}`);
      return read.entries[0]!.score > 0 ? read : undefined;
    }, 60_000);
    expect(board).toMatchObject({
      entries: [
        { rank: 1, own: true },
        { rank: 2, score: 0 },
      ],
      own: { rank: 1 },
    });
  });

  it('has a word due, and later once it was reviewed; a review of an earlier version is refused', async () => {
    const word = await done(
      201,
      `/api/v1/vocabulary ${AS_ANNA} --json '{"term": "wheel", "meaning": "what a bicycle has two of"}'`,
    );
    const due = await done(200, `"/api/v1/vocabulary?due=true" ${AS_ANNA}`);
    expect(due).toMatchObject({ words: [{ id: word.id, term: 'wheel', reviews: 0 }] });
    const review = `/api/v1/vocabulary/${word.id}/reviews ${AS_ANNA} --json '{"rating": "easy", "version": 1}'`;
    expect(await done(200, review)).toMatchObject({ version: 2, reviews: 1 });
    const again = await curl.run(review);
    expect(again).toMatchObject({ status: 409, body: { error: { details: { version: 2 } } } });
    const streak = await done(200, `"/api/v1/practice/streak?time_zone=Europe/Berlin" ${AS_ANNA}`);
    expect(streak).toMatchObject({ current: 1, today_done: true });
  });
});

it('usage is told by windows, live, by day and by each part of the platform', async () => {
  const windows = await until(async () => {
    const read = await done<{ windows: Record<string, { turns: number }> }>(200, '/api/v1/analytics/windows');
    return read.windows['1h']!.turns > 0 ? read : undefined;
  }, 60_000);
  expect(Object.keys(windows.windows)).toEqual(['1m', '5m', '1h']);
  const live = await curl.run<string>('/api/v1/analytics/live -N --max-time 3');
  expect(live).toMatchObject({ status: 200, contentType: expect.stringContaining('text/event-stream') });
  expect(live.body.match(/^data: \{/gm)!.length).toBeGreaterThanOrEqual(2);
  await done(200, '"/api/v1/analytics/daily?from=2026-11-01&to=2026-11-30"');
  expect(await done(200, '/health')).toMatchObject({ status: 'ok', parts: { inference: true } });
  expect(await done(200, '/status')).toMatchObject({ languages: { recognition: ['en'] } });
});

it('a learner’s consent is on record, all data comes as a zip, and an erasure leaves nobody to write in their name', async () => {
  const consent = '{"user": "anna-1", "purpose": "recording", "given": true, "textVersion": "2026-11"}';
  expect(await done(200, `/api/v1/privacy/consents -X PUT --json '${consent}'`)).toMatchObject({
    given: true,
  });
  expect(await done(200, '"/api/v1/privacy/consents?user=anna-1"')).toMatchObject({
    current: { recording: { given: true } },
  });
  const file = await done(202, `/api/v1/privacy/exports --json '{"user": "anna-1"}'`);
  await until(async () => (await done(200, `/api/v1/privacy/exports/${file.id}`)).state === 'done', 60_000);
  const zip = await curl.run(`/api/v1/privacy/exports/${file.id}/file -o /dev/null`);
  expect(zip).toMatchObject({ status: 200, contentType: 'application/zip' });
  const erasure = await done(202, `/api/v1/privacy/erasures --json '{"user": "anna-1"}'`);
  await until(async () => {
    const { state } = await done(200, `/api/v1/privacy/erasures/${erasure.id}`);
    return state === 'verifying' || state === 'done';
  }, 60_000);
  const late = await curl.run(
    `/api/v1/sessions/open --json '{"user_external_id": "anna-1", "mode_code": "grammar", "language_code": "en"}'`,
  );
  expect(late).toMatchObject({ status: 410, body: { error: { code: 'learner.erased' } } });
});
