import { describe, expect, it } from '@jest/globals';
import type { Role } from '@parlance/contracts';
import { idOf, learnerOf, pageOf, rankedCursorSchema, readerOf } from './learning-requests.js';

const request = (role: Role, token: string | undefined, named?: string) => ({
  caller: { tenant: 'acme', role, ...(token && { user: token }) },
  principal: { tenant: 'acme', ...((named ?? token) ? { user: named ?? token } : {}) },
});

describe('whose records a caller reads', () => {
  it.each([
    ['a learner', request('learner', 'ada'), { tenant: 'acme', user: 'ada' }],
    ['a teacher with a token', request('teacher', 'tom'), { tenant: 'acme' }],
    ['a key of an owner', request('owner', undefined), { tenant: 'acme' }],
    ['a key of an owner for a learner', request('owner', undefined, 'ada'), { tenant: 'acme', user: 'ada' }],
    [
      'a key of a service for a learner',
      request('service', undefined, 'ada'),
      { tenant: 'acme', user: 'ada' },
    ],
  ])('are of %s as the role says', (_, given, reader) => {
    expect(readerOf(given)).toEqual(reader);
  });

  it('are a learner’s, where only a learner has any', () => {
    expect(learnerOf({ tenant: 'acme', user: 'ada' })).toEqual({ tenant: 'acme', user: 'ada' });
    expect(() => learnerOf({ tenant: 'acme' })).toThrow(/x-parlance-user/);
  });
});

describe('ids and pages', () => {
  it.each(['', '__proto__', '{"$gt":""}', '01jd0000000000000000000000'])('have no entry “%s”', (id) => {
    expect(() => idOf(id)).toThrow(expect.objectContaining({ code: 'learning.not_found' }));
  });

  it('end where there is no more', () => {
    const items = ['a', 'b', 'c'].map((id) => ({ id }));
    expect(pageOf(items, 2)).toEqual({ items: items.slice(0, 2), next_cursor: 'b' });
    expect(pageOf(items, 3).next_cursor).toBeNull();
    expect(rankedCursorSchema.safeParse('5.{"$gt":1}').success).toBe(false);
  });
});
