import { describe, expect, it } from '@jest/globals';
import { clarityScore, confidenceScore } from './share-scores.js';

describe('clarity', () => {
  it('is the mean probability of the words, with the interval of a share of so many words', () => {
    // Wilson's interval of 8 of 10, as statsmodels' proportion_confint(8, 10, method='wilson') has it.
    const found = clarityScore(Array.from({ length: 10 }, () => Math.log(0.8)))!;
    expect(found.value).toBeCloseTo(80, 6);
    expect(found.low).toBeCloseTo(49.016, 2);
    expect(found.high).toBeCloseTo(94.332, 2);
  });

  it('is less sure of few words than of many', () => {
    const width = (count: number): number => {
      const { low, high } = clarityScore(Array.from({ length: count }, () => Math.log(0.9)))!;
      return high - low;
    };
    expect(width(3)).toBeGreaterThan(2 * width(40));
  });

  it('is unknown where there is no word', () => {
    expect(clarityScore([])).toBeUndefined();
  });
});

describe('confidence', () => {
  it('falls with pauses and with words that hesitate', () => {
    const fluent = confidenceScore({ pauseShare: 0, words: 12, disfluentWords: 0 })!;
    const halting = confidenceScore({ pauseShare: 0.4, words: 12, disfluentWords: 0 })!;
    const hesitant = confidenceScore({ pauseShare: 0.4, words: 12, disfluentWords: 3 })!;
    expect([fluent, halting, hesitant].map(({ value }) => Math.round(value))).toEqual([100, 60, 45]);
    expect(fluent.high).toBe(100);
    expect(halting.low).toBeLessThan(halting.value);
  });

  it('is unknown where there is no word', () => {
    expect(confidenceScore({ pauseShare: 0, words: 0, disfluentWords: 0 })).toBeUndefined();
  });
});
