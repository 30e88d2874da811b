import { describe, expect, it } from '@jest/globals';
import { cutRepetition, repetitionIn } from './repetition.js';

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
