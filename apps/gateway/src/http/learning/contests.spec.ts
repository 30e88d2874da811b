import { beforeEach, describe, expect, it } from '@jest/globals';
import { LearningMemory } from '../../../../../test/support/learning-memory.js';
import { ContestRequests } from './contest-requests.service.js';

const TENANT = { tenant: 'acme' };
const learner = (user: string) => ({ tenant: 'acme', user });
const NOW = new Date('2026-03-02T10:00:00Z');
const MARCH = {
  title: 'March',
  kind: 'words_in_all',
  starts_at: '2026-03-01T00:00:00+13:00',
  ends_at: '2026-03-08T00:00:00+13:00',
  time_zone: 'Pacific/Auckland',
};

let memory: LearningMemory;
let contests: ContestRequests;
let id: string;
beforeEach(async () => {
  memory = new LearningMemory();
  contests = new ContestRequests(memory.repository, memory.ranked);
  ({ id } = await contests.create(TENANT, MARCH));
});

/** Lets a learner join with a score. */
async function joined(user: string, score: number): Promise<void> {
  const entry = await contests.join(learner(user), id, { name: user.toUpperCase() }, NOW);
  await memory.update('acme', 'contest_entry', entry.id, () => ({ rank: score }));
}
async function board(query: Record<string, string> = {}, user?: string) {
  const { entries, ...rest } = await contests.leaderboard({ tenant: 'acme', user }, id, query);
  return { ...rest, entries, lines: entries.map(({ rank, name, score }) => [rank, name, score]) };
}

describe('a leaderboard', () => {
  it('has equal scores share a rank, and the next one behind all of them', async () => {
    for (const [user, score] of [
      ['ada', 5],
      ['bob', 9],
      ['cy', 5],
      ['dan', 0],
      ['eve', 5],
    ] as const)
      await joined(user, score);
    const { lines, own, entries } = await board({}, 'dan');
    expect(lines.map(([rank, , score]) => [rank, score])).toEqual([
      [1, 9],
      [2, 5],
      [2, 5],
      [2, 5],
      [5, 0],
    ]);
    expect(own).toMatchObject({ rank: 5, score: 0, name: 'DAN' });
    expect(entries.filter((entry) => entry.own)).toHaveLength(1);
  });

  it('goes on with the same ranks on the next page, also within a tie', async () => {
    for (let number = 0; number < 11; number += 1) await joined(`learner-${number}`, Math.floor(number / 4));
    const whole = (await board({ limit: '100' })).lines;
    const pages = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Awaited<ReturnType<typeof board>> = await board({ limit: '3', ...(cursor && { cursor }) });
      pages.push(...page.lines);
      cursor = page.next_cursor;
    }
    expect(pages).toEqual(whole);
    expect(whole.map(([rank]) => rank)).toEqual([1, 1, 1, 4, 4, 4, 4, 8, 8, 8, 8]);
  });

  it('has whoever joins again as they are', async () => {
    await joined('ada', 7);
    expect(await contests.join(learner('ada'), id, { name: 'Other' }, NOW)).toMatchObject({
      name: 'ADA',
      score: 7,
    });
  });
});

describe('a contest', () => {
  it('is coming, running or over, and cannot be joined then', async () => {
    expect((await contests.create(TENANT, { ...MARCH, title: 'A' })).starts_at).toBe(
      '2026-02-28T11:00:00.000Z',
    );
    const over = new Date('2026-03-07T11:00:00.000Z');
    await expect(contests.join(learner('ada'), id, {}, over)).rejects.toMatchObject({
      code: 'learning.closed',
    });
    await contests.join(learner('ada'), id, {}, new Date(over.getTime() - 1));
  });

  it('begins and ends with days of its time zone, and is for its targets or for words in all', async () => {
    const { kind: _, ...days } = { ...MARCH, starts_at: '2026-03-01', ends_at: '2026-03-08' };
    expect(await contests.create(TENANT, days)).toMatchObject({
      kind: 'words_in_all',
      starts_at: '2026-02-28T11:00:00.000Z',
      ends_at: '2026-03-07T11:00:00.000Z',
    });
    expect(await contests.create(TENANT, { ...days, targets: ['tea'] })).toMatchObject({
      kind: 'target_words',
    });
  });

  it.each([
    ['ends_at', { ends_at: '2026-02-01T00:00:00Z' }],
    ['ends_at', { ends_at: '2029-02-01T00:00:00Z' }],
    ['starts_at', { starts_at: 'tomorrow' }],
    ['time_zone', { time_zone: 'Mars/Olympus' }],
    ['targets', { kind: 'target_words' }],
    ['targets', { targets: ['tea'] }],
    ['title', { title: 'a\u202Eb' }],
    ['kind', { kind: 'most_shoes' }],
    ['prize', { prize: 1 }],
  ])('is refused with the fault of %s', async (name, change) => {
    await expect(contests.create(TENANT, { ...MARCH, ...change })).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining(name),
    });
  });

  it('is of its tenant: another one has no such contest, and no such board', async () => {
    for (const call of [
      contests.find({ tenant: 'globex' }, id),
      contests.leaderboard({ tenant: 'globex' }, id, {}),
      contests.join({ tenant: 'globex', user: 'ada' }, id, {}, NOW),
      contests.delete({ tenant: 'globex' }, id, {}),
    ])
      await expect(call).rejects.toMatchObject({ code: 'learning.not_found' });
  });
});
