import { describe, expect, it } from '@jest/globals';
import { wantedPage } from './page-query.js';

describe('a page of a list', () => {
  it('is asked for by cursor and limit, or by its number and size', () => {
    expect(wantedPage({}, 100)).toEqual({ limit: 20, skip: 0, page: undefined });
    expect(wantedPage({ limit: 5, cursor: 'x' }, 100)).toEqual({ limit: 5, skip: 0, page: undefined });
    expect(wantedPage({ page: 3, page_size: 10 }, 100)).toEqual({ limit: 10, skip: 20, page: 3 });
    expect(wantedPage({ page_size: 20 }, 100)).toEqual({ limit: 20, skip: 0, page: 1 });
    expect(wantedPage({ page: 5 }, 100)).toEqual({ limit: 20, skip: 80, page: 5 });
  });

  it.each([
    ['a number beside a cursor', { page: 1, cursor: 'x' }, /cursor/],
    ['a size beside a limit', { page_size: 10, limit: 10 }, /limit/],
    ['a number that is too deep', { page: 6 }, /100 entries deep/],
  ])('is refused with %s', (_name, query, message) => {
    expect(() => wantedPage(query, 100)).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringMatching(message) }),
    );
  });
});
