import { describe, expect, it } from '@jest/globals';
import { comparableWords, wordErrorPercent, wordErrors } from './word-errors.js';

describe('wordErrorPercent', () => {
  it.each([
    ['the same but for case and punctuation', 'Hello, world!', 'hello world', 0],
    ['a wrong word of four', 'one two three four', 'one two tree four', 25],
    ['a missing and an added word', 'one two three four', 'two three four five', 50],
    ['nothing recognized', 'one two', '', 100],
    ['another script', 'Привет, мир', 'привет мир', 0],
  ])('%s', (_, expected, recognized, percent) => {
    expect(wordErrorPercent([{ expected, recognized }])).toBe(percent);
  });

  it('counts the words of all utterances together', () => {
    expect(
      wordErrorPercent([
        { expected: 'a', recognized: 'b' },
        {
          expected: 'one two three four five six seven eight nine',
          recognized: 'one two three four five six seven eight nine',
        },
      ]),
    ).toBe(10);
  });

  it('does not count where nothing is expected', () => {
    expect(wordErrorPercent([{ expected: '', recognized: 'x' }])).toBe(0);
    expect(wordErrors(comparableWords("don't"), ["don't"])).toBe(0);
  });
});
