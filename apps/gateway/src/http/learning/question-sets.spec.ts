import { beforeEach, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import type { PracticeTask, QuestionSet } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { MessageBus } from '@parlance/messaging';
import type { SessionRepository } from '@parlance/persistence';
import { LearningMemory } from '../../../../../test/support/learning-memory.js';
import { aQuestionSet } from '../../../../../test/support/practice-factory.js';
import { silentLogger } from '../../../../../test/support/silent-logger.js';
import type { Quotas } from '../../quotas/quotas.service.js';
import type { StoredTurns } from '../../turns/stored-turns.service.js';
import { QuestionSetRequests } from './question-set-requests.service.js';

const ADA = { tenant: 'acme', user: 'ada' };
const BY = { ...ADA, key: 'K1' };
let memory: LearningMemory;
/** What was published, and what is done with it. */
let published: PracticeTask[];
/** What is refused for the tokens that are used up. */
let refusal: AppError | undefined;
let work: (task: PracticeTask) => Promise<unknown>;
let sets: QuestionSetRequests;
const turn = ulid();

beforeEach(() => {
  memory = new LearningMemory();
  published = [];
  refusal = undefined;
  work = async ({ set, task }) =>
    memory.update('acme', 'question_set', set, ({ value }) => ({
      value: { ...value, ...(task === 'questions' ? aQuestionSet() : { status: 'reported' }) },
    }));
  const bus = {
    publishWork: async (_: string, task: PracticeTask) => {
      published.push(task);
      await work(task);
    },
  };
  const sessions = {
    getFor: async () => {
      throw new AppError('session.not_found', 'There is no such session.');
    },
  };
  const quotas = {
    require: async () => {
      if (refusal) throw refusal;
    },
  };
  const turns = { getFor: async () => ({ id: turn, session: ulid(), text: 'I like it very much.' }) };
  sets = new QuestionSetRequests(
    memory.repository,
    sessions as unknown as SessionRepository,
    turns as unknown as StoredTurns,
    bus as unknown as MessageBus,
    quotas as unknown as Quotas,
    { http: { publicUrl: 'https://x' } } as never,
    silentLogger,
  );
});

describe('a set of questions', () => {
  it('is begun by nobody whose tokens are used up, and reported on all the same where it was begun', async () => {
    const { id } = await sets.create(ADA, {}, BY);
    await sets.answer(ADA, id, { text: 'Yes, I do.' }, BY);
    refusal = new AppError('quota.tokens_exceeded', 'The learner may use no more.');
    await expect(sets.create(ADA, {}, BY)).rejects.toBe(refusal);
    expect((await sets.finish(ADA, id, BY)).status).toBe('reported');
    expect(published.map(({ usedBy }) => usedBy)).toEqual([{ key: 'K1' }, { key: 'K1' }]);
  });

  it('is asked for and given once it is made', async () => {
    const set = await sets.create(ADA, { topic: 'Food' }, BY);
    expect(set).toMatchObject({ status: 'open', url: `https://x/api/v1/practice/question-sets/${set.id}` });
    expect(published).toEqual([
      { identity: { tenant: 'acme' }, set: set.id, task: 'questions', usedBy: { key: 'K1' } },
    ]);
  });

  it('gives its URL where the work takes longer, and asks again when that was overlooked', async () => {
    work = async () => undefined;
    const set = await sets.create(ADA, {}, BY);
    expect(set).toMatchObject({ status: 'making', questions: [] });
    await sets.find(ADA, set.id);
    expect(published).toHaveLength(1);
    const record = memory.records.get(set.id)!;
    memory.records.set(set.id, { ...record, updatedAt: new Date(Date.now() - 11_000) });
    await sets.find(ADA, set.id);
    expect(published).toHaveLength(2);
    await expect(sets.answer(ADA, set.id, { text: 'Yes.' }, BY)).rejects.toMatchObject({
      code: 'learning.closed',
    });
  });

  it('is answered question by question, and reported on after the tenth', async () => {
    const { id } = await sets.create(ADA, {}, BY);
    for (let count = 1; count < 10; count += 1)
      expect((await sets.answer(ADA, id, { text: `Answer ${count}.` }, BY)).status).toBe('open');
    // Another answer to a question replaces the first.
    const again = await sets.answer(ADA, id, { question: 'q3', text: 'Another one.' }, BY);
    expect(again.answers).toHaveLength(9);
    const last = await sets.answer(ADA, id, { turn }, BY);
    expect(last).toMatchObject({ status: 'reported' });
    expect(last.answers.at(-1)).toMatchObject({ question: 'q10', turn, text: 'I like it very much.' });
    expect(published.map(({ task }) => task)).toEqual(['questions', 'report']);
    await expect(sets.answer(ADA, id, { text: 'More.' }, BY)).rejects.toMatchObject({
      code: 'learning.closed',
    });
  });

  it('has the same turn sent again answer the same question', async () => {
    const { id } = await sets.create(ADA, {}, BY);
    await sets.answer(ADA, id, { turn }, BY);
    await sets.answer(ADA, id, { text: 'Second.' }, BY);
    const { answers } = await sets.answer(ADA, id, { turn }, BY);
    expect(answers.map(({ question }) => question).sort()).toEqual(['q1', 'q2']);
  });

  it('loses no answer of those that are given at the same time', async () => {
    const { id } = await sets.create(ADA, {}, BY);
    await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        sets.answer(ADA, id, { question: `q${at + 1}`, text: `It is ${at}.` }, BY),
      ),
    );
    const { answers, status } = await sets.find(ADA, id);
    expect([answers.length, status]).toEqual([10, 'reported']);
    expect(published.filter(({ task }) => task === 'report')).toHaveLength(1);
  });

  it('is reported on before its end where the learner finishes', async () => {
    const { id } = await sets.create(ADA, {}, BY);
    await expect(sets.finish(ADA, id, BY)).rejects.toMatchObject({ code: 'learning.closed' });
    await sets.answer(ADA, id, { text: 'Yes, I do.' }, BY);
    expect((await sets.finish(ADA, id, BY)).status).toBe('reported');
    expect((await sets.finish(ADA, id, BY)).status).toBe('reported');
  });

  it('keeps what was made from, and is another learner’s 404', async () => {
    const { id } = await sets.create(ADA, { transcript: 'I have a cat.' }, BY);
    expect(((await memory.find('acme', 'question_set', id))!.value as QuestionSet).level).toBe('A2');
    for (const call of [
      sets.find({ tenant: 'acme', user: 'bob' }, id),
      sets.answer({ tenant: 'acme', user: 'bob' }, id, { text: 'Yes.' }, BY),
      sets.finish({ tenant: 'globex', user: 'ada' }, id, BY),
      sets.delete({ tenant: 'globex' }, id),
    ])
      await expect(call).rejects.toMatchObject({ code: 'learning.not_found' });
  });

  it.each([
    ['topic', { topic: '', language: 'en' }],
    ['topic', { topic: '!!' }],
    ['only one', { topic: 'a', transcript: 'b' }],
    ['language', { language: 'klingon!' }],
    ['level', { level: 'Z9' }],
    ['session', { session: { $ne: '' } }],
    ['stars', { stars: 5 }],
  ])('is refused with the fault “%s”', async (name, body) => {
    await expect(sets.create(ADA, body, BY)).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining(name),
    });
    expect(published).toEqual([]);
  });

  it('is of a learner, and of a session that the learner may see', async () => {
    await expect(sets.create({ tenant: 'acme' }, {}, BY)).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(sets.create(ADA, { session: ulid() }, BY)).rejects.toMatchObject({
      code: 'session.not_found',
    });
  });
});
