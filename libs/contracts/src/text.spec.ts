import { describe, expect, it } from '@jest/globals';
import { characterCount, graphemeBoundary, textHead, textSchema } from './text.schema.js';

const FAMILY = '👨‍👩‍👧‍👦';

describe('the length of a text', () => {
  it('counts characters, not the units they are stored in', () => {
    expect(characterCount('a😀é')).toBe(3);
    expect(textSchema(3).safeParse('😀😀😀').success).toBe(true);
    expect(textSchema(3).safeParse('😀😀😀😀').error?.issues).toMatchObject([
      { message: 'may have 3 characters' },
    ]);
    expect(textSchema(3).safeParse('a'.repeat(1_000_000)).success).toBe(false);
  });
});

describe('a cut in a text', () => {
  it.each([
    ['parts no surrogate pair', 'ab😀cd', 3, 2],
    ['parts no letter from its accent', 'cafe\u0301s', 4, 3],
    ['parts no family', `ab${FAMILY}cd`, 6, 2],
    ['parts no flag', 'ab🇩🇪🇫🇷', 4, 2],
    ['stays where it parts nothing', 'abcd', 2, 2],
    ['is the end of a shorter text', 'ab', 9, 2],
    ['goes through a character that is longer than all there may be', FAMILY, 4, 3],
  ])('%s', (_, text, end, expected) => {
    expect(graphemeBoundary(text, end)).toBe(expected);
  });

  it('is found deep in a long text', () => {
    const text = `${'😀'.repeat(500)}x`;
    for (const end of [401, 777, 999]) expect(graphemeBoundary(text, end)).toBe(end - 1);
    expect(textHead(text, 401)).toBe('😀'.repeat(200));
    expect(textHead('short', 401)).toBe('short');
  });

  it('makes progress through combining marks without end', () => {
    const text = `a${'\u0301'.repeat(500)}`;
    expect(graphemeBoundary(text, 300)).toBeGreaterThan(0);
  });
});
