import { describe, expect, it } from '@jest/globals';
import { estimatedWords } from './estimated-words.js';

const clause = (text: string) => ({
  words: text.split(' ').map((word) => ({ text: word, weight: word.length })),
});

describe('estimated times of words', () => {
  it('share the time of their clause, which lies between the longest silences', () => {
    const soundings = [
      { startMs: 100, endMs: 300 },
      // A stop within a word.
      { startMs: 350, endMs: 500 },
      { startMs: 800, endMs: 1_000 },
    ];
    expect(estimatedWords([clause('aaa a'), clause('bb')], soundings)).toEqual([
      { text: 'aaa', startMs: 100, endMs: 400 },
      { text: 'a', startMs: 400, endMs: 500 },
      { text: 'bb', startMs: 800, endMs: 1_000 },
    ]);
  });

  it('leave room for the marks where no silence tells where the clauses are', () => {
    const words = estimatedWords([clause('aa'), clause('bb')], [{ startMs: 0, endMs: 700 }]);
    expect(words).toEqual([
      { text: 'aa', startMs: 0, endMs: 200 },
      { text: 'bb', startMs: 500, endMs: 700 },
    ]);
  });

  it('are none where nothing sounds', () => {
    expect(estimatedWords([clause('a')], [])).toEqual([]);
  });
});
