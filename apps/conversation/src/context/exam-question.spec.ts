import { beforeEach, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import type { Exam } from '@parlance/contracts';
import type { SessionRepository } from '@parlance/persistence';
import { LearningMemory } from '../../../../test/support/learning-memory.js';
import { aTurn } from '../../../../test/support/turn-factory.js';
import { ExamQuestions } from './exam-question.service.js';

const START = Date.parse('2026-03-01T10:00:00Z');
const after = (seconds: number) => new Date(START + seconds * 1_000);

let memory: LearningMemory;
let user: string | undefined;
let questions: ExamQuestions;
beforeEach(() => {
  memory = new LearningMemory();
  user = 'ada';
  const sessions = { find: async () => ({ user }) } as unknown as SessionRepository;
  questions = new ExamQuestions(memory.repository, sessions);
});

/** An exam of Ada's that begins so many seconds after the first. */
async function begun(seconds: number, question: string, overrides: Partial<Exam> = {}): Promise<void> {
  const value: Exam = {
    ...{ prompt: 'p', question, status: 'running', started_at: after(seconds).toISOString() },
    speaking_from: after(seconds + 15).toISOString(),
    speaking_until: after(seconds + 60).toISOString(),
    ...overrides,
  };
  await memory.create('acme', 'exam', { id: ulid(), user: 'ada', dueAt: after(seconds + 80), value });
}
const turn = aTurn();
const askedAt = (seconds: number) =>
  questions.find({
    ...turn,
    identity: { ...turn.identity, tenant: 'acme' },
    occurredAt: after(seconds).toISOString(),
  });

describe('the question of an exam', () => {
  it('is what its speaker answers from its beginning until it takes no answer any more', async () => {
    await begun(0, 'Book or film?');
    expect(await askedAt(30)).toBe('Book or film?');
    expect(await askedAt(79)).toBe('Book or film?');
    expect(await askedAt(81)).toBeUndefined();
    expect(await askedAt(-1)).toBeUndefined();
  });

  it('is that of the exam begun last, and of one that has its answer only in the session of that', async () => {
    await begun(0, 'Book or film?', { turn: ulid(), session: turn.identity.session, status: 'judging' });
    expect(await askedAt(30)).toBe('Book or film?');
    await begun(10, 'Town or country?');
    expect(await askedAt(30)).toBe('Town or country?');
    await begun(20, 'Tea or coffee?', { turn: ulid(), session: ulid(), status: 'judging' });
    expect(await askedAt(30)).toBe('Town or country?');
  });

  it.each([['bob'], [undefined]])('is none for %s', async (who) => {
    await begun(0, 'Book or film?');
    user = who;
    expect(await askedAt(30)).toBeUndefined();
  });
});
