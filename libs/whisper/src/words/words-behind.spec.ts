import { describe, expect, it } from '@jest/globals';
import type { HeardWord } from '../utterance.types.js';
import type { TimedWord } from './word-timing.js';
import { wordsBehind } from './words-behind.js';

const settled = (text: string, ...tokens: number[]): HeardWord => ({
  text,
  tokens,
  startMs: 0,
  endMs: 0,
  confidence: 1,
});
const timed = (text: string, ...tokens: number[]): TimedWord => ({
  text,
  tokens,
  start: 1,
  end: 1.5,
  probability: 0.5,
});
const texts = (words: readonly HeardWord[]): string[] => words.map(({ text }) => text);

describe('the words behind a settled prefix', () => {
  it('are all of them where nothing is settled', () => {
    expect(wordsBehind([], [timed(' It', 1), timed(' cost', 2)])).toEqual([
      { text: ' It', tokens: [1], startMs: 1000, endMs: 1500, confidence: 0.5 },
      { text: ' cost', tokens: [2], startMs: 1000, endMs: 1500, confidence: 0.5 },
    ]);
  });

  it('begin with what goes on the last settled word', () => {
    const behind = wordsBehind(
      [settled(' It', 1), settled(' un', 2)],
      [timed(' It', 1), timed(' undid', 2, 3)],
    );
    expect(behind).toMatchObject([{ text: 'did', tokens: [3] }]);
  });

  it('lose nothing where the mark of the last settled word has come to open the next piece', () => {
    const behind = wordsBehind(
      [settled(' 14,', 1, 2)],
      [timed(' 14', 1), timed(',000', 2, 3), timed(' men', 4)],
    );
    expect(texts(behind)).toEqual(['000', ' men']);
    expect(behind[0]?.tokens).toEqual([3]);
  });

  it('are the rest of a word that several settled pieces are part of', () => {
    const behind = wordsBehind(
      [settled(' and', 1), settled(' "', 2), settled('Ha', 3)],
      [timed(' and', 1), timed(' "Hallo', 2, 3, 4)],
    );
    expect(texts(behind)).toEqual(['llo']);
  });
});
