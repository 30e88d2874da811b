import { beforeEach, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import { LearningMemory } from '../../../../../test/support/learning-memory.js';
import type { StoredTurns } from '../../turns/stored-turns.service.js';
import { VocabularyRequests } from './vocabulary-requests.service.js';

const ADA = { tenant: 'acme', user: 'ada' };
const NOW = new Date('2026-03-01T10:00:00Z');
const later = (days: number) => new Date(NOW.getTime() + days * 86_400_000);
const turn = {
  id: ulid(),
  language: 'en',
  feedback: {
    improved: 'I went home, and I am used to it.',
    errors: [
      { text: 'goed', correction: 'went', rule: 'past tense', explanation: 'The past of go.' },
      { text: 'goed', correction: 'Went', rule: 'past tense', explanation: 'Again.' },
      { text: 'the', correction: '', rule: 'article', explanation: 'Leave it out.' },
      { text: 'x', correction: '…', rule: 'y', explanation: 'z' },
      { text: 'use to', correction: 'used to', rule: 'verb', explanation: 'With d.' },
    ],
  },
};

let words: VocabularyRequests;
beforeEach(() => {
  const turns = { getFor: async () => turn } as unknown as StoredTurns;
  words = new VocabularyRequests(new LearningMemory().repository, turns);
});
const due = async (at: Date) => (await words.list(ADA, { due: 'true' }, at)).words.map(({ term }) => term);

describe('a learner’s vocabulary', () => {
  it('gets what the report on a turn says instead of its errors, each once', async () => {
    const added = await words.addOfTurn(ADA, { turn: turn.id }, NOW);
    expect(added.words).toMatchObject([
      { term: 'went', meaning: 'The past of go.', example: turn.feedback.improved, turn: turn.id },
      { term: 'used to' },
    ]);
    expect((await words.addOfTurn(ADA, { turn: turn.id }, NOW)).words).toEqual([]);
  });

  it('has words due by their reviews, the longest due first', async () => {
    const first = await words.add(ADA, { term: 'apple' }, NOW);
    await words.add(ADA, { term: 'pear' }, later(0.1));
    expect(await due(later(0.2))).toEqual(['apple', 'pear']);
    const { due_at: at, next } = await words.review(ADA, first.id, { rating: 'easy' }, later(0.2));
    expect(Date.parse(at)).toBeGreaterThan(later(3).getTime());
    expect(Object.keys(next)).toEqual(['again', 'hard', 'good', 'easy']);
    expect(await due(later(1))).toEqual(['pear']);
    expect(await due(new Date(at))).toEqual(['pear', 'apple']);
  });

  it('is one spelling of a word for each learner and language', async () => {
    await words.add(ADA, { term: 'Café' }, NOW);
    for (const term of ['cafe\u0301', ' CAFÉ! '])
      await expect(words.add(ADA, { term }, NOW)).rejects.toMatchObject({ code: 'learning.exists' });
    await words.add(ADA, { term: 'café', language: 'fr' }, NOW);
    await words.add({ tenant: 'acme', user: 'bob' }, { term: 'café' }, NOW);
  });

  it('counts days in a row with a review, by the calendar of the time zone', async () => {
    const { id } = await words.add(ADA, { term: 'apple' }, NOW);
    // 23:30 and 00:30 in Berlin: two days there, one in UTC.
    for (const at of ['2026-03-02T22:30:00Z', '2026-03-02T23:30:00Z'])
      await words.review(ADA, id, { rating: 'good' }, new Date(at));
    const now = new Date('2026-03-03T08:00:00Z');
    const berlin = await words.streak(ADA, { time_zone: 'Europe/Berlin' }, now);
    expect(berlin).toMatchObject({
      current: 2,
      longest: 2,
      today_done: true,
      days: ['2026-03-03', '2026-03-02'],
    });
    expect(await words.streak(ADA, {}, now)).toMatchObject({ current: 1, today_done: false });
  });
});
