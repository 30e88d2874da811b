import { expect, it } from '@jest/globals';
import { phonemeRuns } from './phoneme-runs.js';

it('sounds are cut at spaces, and within a word only where it alone is too long', () => {
  expect(phonemeRuns('ab cde fg', 6)).toEqual(['ab cde', 'fg']);
  expect(phonemeRuns('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
  expect(phonemeRuns(' ', 3)).toEqual([]);
});

it('no sound is parted from its marks', () => {
  expect(phonemeRuns('o\u0303o\u0303o\u0303', 3)).toEqual(['o\u0303', 'o\u0303', 'o\u0303']);
});
