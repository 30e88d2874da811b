import { describe, expect, it } from '@jest/globals';
import { DEFAULT_DECODING } from './options.js';
import {
  compressionRatio,
  cutRepetition,
  isGoodEnough,
  isSilent,
  leastBad,
  repetitionIn,
} from './text-checks.js';

// Golden numbers by openai-whisper's utils.py.
it.each([
  ['Hello there, general.', 0.7241],
  ['über größe 你好', 0.6897],
  [Array(20).fill('la').join(' '), 4.2143],
])('%j has as many UTF-8 bytes for each of its compressed ones as openai-whisper counts', (text, ratio) => {
  expect(compressionRatio(text)).toBeCloseTo(ratio, 3);
});

describe('a repetition', () => {
  it('begins with the first phrase that comes three times in a row', () => {
    expect(repetitionIn([1, 2, 7, 7, 7, 7])).toEqual({ start: 2, length: 1 });
    expect(repetitionIn([1, 2, 3, 4, 3, 4, 3, 4, 5])).toEqual({ start: 2, length: 2 });
  });

  it('is not what comes twice, or three times with something between', () => {
    expect(repetitionIn([1, 2, 1, 2, 3])).toBeUndefined();
    expect(repetitionIn([1, 2, 1, 3, 1, 4])).toBeUndefined();
    expect(repetitionIn([])).toBeUndefined();
  });

  it('is cut to its first round, and what follows it too', () => {
    expect(cutRepetition([1, 2, 3, 4, 3, 4, 3, 4, 5])).toEqual([1, 2, 3, 4]);
    expect(cutRepetition([1, 2, 3, 4, 3, 4, 3, 4, 3, 4])).toEqual([1, 2, 3, 4]);
    expect(cutRepetition([7, 7, 7, 7])).toEqual([7]);
  });

  it('is not cut where something is said twice or once', () => {
    expect(cutRepetition([1, 2, 1, 2, 3])).toEqual([1, 2, 1, 2, 3]);
    expect(cutRepetition([1, 2, 3])).toEqual([1, 2, 3]);
  });
});

const judged = (averageLogProbability: number, compressionRatio = 1, noSpeechProbability = 0) => ({
  averageLogProbability,
  compressionRatio,
  noSpeechProbability,
});

// By hand from openai-whisper 20250625, transcribe.py.
describe('a text', () => {
  it.each([
    ['a likely one', judged(-0.4), true],
    ['an unlikely one', judged(-1.1), false],
    ['a loop, however likely', judged(-0.1, 2.5), false],
    ['an unlikely one over silence', judged(-1.1, 1, 0.7), true],
    ['a likely loop over silence', judged(-0.1, 2.5, 0.7), false],
  ])('may stand or not: %s', (_what, text, isGood) => {
    expect(isGoodEnough(text, DEFAULT_DECODING)).toBe(isGood);
  });

  it('is silence where there was no voice and it is unlikely, of an interim where either is so', () => {
    for (const [text, ofRecording, ofInterim] of [
      [judged(-1.1, 1, 0.7), true, true],
      [judged(-0.4, 1, 0.7), false, true],
      [judged(-1.1, 1, 0.1), false, true],
      [judged(-0.4, 1, 0.1), false, false],
    ] as const) {
      expect(isSilent(text, DEFAULT_DECODING, false)).toBe(ofRecording);
      expect(isSilent(text, DEFAULT_DECODING, true)).toBe(ofInterim);
    }
  });
});

// By hand from faster-whisper 1.2.1, transcribe.py.
describe('of texts that all failed', () => {
  it('stands the likeliest that is no loop', () => {
    const failed = [judged(-0.1, 3), judged(-1.2), judged(-1.1), judged(-2.4)];
    expect(leastBad(failed, DEFAULT_DECODING)).toBe(failed[2]);
  });

  it('stands the last where all are loops', () => {
    const failed = [judged(-0.1, 3), judged(-0.5, 2.6)];
    expect(leastBad(failed, DEFAULT_DECODING)).toBe(failed[1]);
  });
});
