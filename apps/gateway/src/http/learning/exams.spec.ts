import { beforeEach, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import type { TurnRecord, TurnRepository } from '@parlance/persistence';
import { EXAM_PROMPTS } from '@parlance/practice';
import { LearningMemory } from '../../../../../test/support/learning-memory.js';
import type { StoredTurns } from '../../turns/stored-turns.service.js';
import { ExamRequests } from './exam-requests.service.js';

const ADA = { tenant: 'acme', user: 'ada' };
const START = new Date('2026-03-01T10:00:00Z');
/** Of 15 s to prepare and 45 s to speak. */
const PROMPT = EXAM_PROMPTS.find((one) => one.preparationSeconds === 15 && one.speakingSeconds === 45)!.id;
const after = (seconds: number) => new Date(START.getTime() + seconds * 1_000);

let memory: LearningMemory;
let turn: TurnRecord;
let exams: ExamRequests;
beforeEach(() => {
  memory = new LearningMemory();
  const feedback = {
    uncertain: false,
    makesSense: true,
    errors: [],
    suggestions: [],
    improved: '',
    rubric: { grammar: 80, vocabulary: 80, relevance: 60, coherence: 60, fluency: 80 },
    model: 'builtin-coach',
  };
  turn = {
    id: ulid(),
    session: ulid(),
    text: 'I prefer the book.',
    words: [{}],
    measures: { audioMs: 30_000, speechMs: 28_000 },
    scores: { overall: 80, fluency: 80 },
    feedback,
    createdAt: after(50),
  } as unknown as TurnRecord;
  exams = new ExamRequests(
    memory.repository,
    { getFor: async () => turn } as unknown as StoredTurns,
    { find: async () => turn } as unknown as TurnRepository,
  );
});

const begun = () => exams.start(ADA, { prompt: PROMPT }, START);

describe('an exam', () => {
  it('has the times of its prompt by the server’s clock', async () => {
    expect(await begun()).toMatchObject({
      status: 'running',
      started_at: START.toISOString(),
      speaking_from: after(15).toISOString(),
      speaking_until: after(60).toISOString(),
    });
  });

  it('is judged by the turn that was spoken in time', async () => {
    const { id } = await begun();
    const judged = await exams.answer(ADA, id, { turn: turn.id }, after(51));
    expect(judged).toMatchObject({
      status: 'judged',
      result: { marks: { delivery: 4, language: 4, content: 3, timing: 5 }, total: 80, spoken_seconds: 30 },
    });
    expect(await exams.answer(ADA, id, { turn: turn.id }, after(52))).toMatchObject({ status: 'judged' });
  });

  it.each([
    ['was begun in the time to prepare', 40, 30_000, /time to prepare/],
    ['was spoken before the exam', -5, 3_000, /before the exam/],
    ['came too late', 81, 30_000, /time to speak is over/],
  ])('takes no turn that %s', async (_, ended, audioMs, why) => {
    const { id } = await begun();
    turn = { ...turn, createdAt: after(ended), measures: { ...turn.measures!, audioMs } };
    await expect(exams.answer(ADA, id, { turn: turn.id }, after(82))).rejects.toMatchObject({
      code: 'learning.closed',
      message: expect.stringMatching(why),
    });
  });

  it('takes a turn whose upload took its time, no typed one, and no second one', async () => {
    const { id } = await begun();
    turn = { ...turn, createdAt: after(79) };
    await exams.answer(ADA, id, { turn: turn.id }, after(79));
    turn = { ...turn, id: ulid() };
    await expect(exams.answer(ADA, id, { turn: turn.id }, after(79))).rejects.toThrow(/its answer already/);
    const { id: other } = await begun();
    // Typed, or with the words of a client's own recogniser.
    for (const words of [[], turn.words]) {
      turn = { ...turn, words, measures: undefined };
      await expect(exams.answer(ADA, other, { turn: turn.id }, after(50))).rejects.toThrow(/an exam is$/);
    }
  });

  it('waits for the report on the turn, a minute', async () => {
    const { id } = await begun();
    const { feedback, ...without } = turn;
    turn = without as TurnRecord;
    expect(await exams.answer(ADA, id, { turn: turn.id }, after(51))).toMatchObject({ status: 'judging' });
    expect((await exams.find(ADA, id, new Date())).status).toBe('judging');
    turn = { ...turn, feedback: feedback! };
    expect(await exams.find(ADA, id, new Date())).toMatchObject({ status: 'judged', result: { total: 80 } });
    const { id: other } = await begun();
    turn = without as TurnRecord;
    await exams.answer(ADA, other, { turn: turn.id }, after(51));
    const late = await exams.find(ADA, other, new Date(Date.now() + 61_000));
    expect(late).toMatchObject({
      status: 'judged',
      result: { marks: { delivery: 4, language: 0, content: 0 } },
    });
  });

  it('expires without an answer, and is another learner’s 404', async () => {
    const { id } = await begun();
    expect((await exams.find(ADA, id, after(79))).status).toBe('running');
    expect((await exams.find(ADA, id, after(81))).status).toBe('expired');
    await expect(exams.find({ tenant: 'acme', user: 'bob' }, id)).rejects.toMatchObject({
      code: 'learning.not_found',
    });
    await expect(exams.start(ADA, { prompt: '__proto__' })).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  it('comes with the prompts in turn where none is named', async () => {
    const had: string[] = [];
    for (let count = 0; count < EXAM_PROMPTS.length + 1; count += 1)
      had.push((await exams.start(ADA, {}, after(count))).prompt);
    expect(new Set(had.slice(0, -1)).size).toBe(EXAM_PROMPTS.length);
    expect(had.at(-1)).toBe(had[0]);
  });
});
