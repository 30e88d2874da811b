import { describe, expect, it } from '@jest/globals';
import { figuresOf, isHeld, percentile, type StreamOutcome } from './live-figures.js';

const outcome = (finals: number[], fault?: string): StreamOutcome => ({
  finals,
  firstWords: [],
  interimGaps: [],
  fault,
});

describe('figures of live streams', () => {
  it('takes percentiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.95), percentile([7], 0.95)]).toEqual([50, 95, 7]);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('counts a final that never came as the latest of all', () => {
    const figures = figuresOf([outcome([100, Infinity]), outcome([200, Infinity])]);
    expect(figures.finalP95Ms).toBe(Infinity);
    expect(isHeld(figures, 700)).toBe(false);
  });

  it('holds streams whose finals come in time, none refused', () => {
    expect(isHeld(figuresOf([outcome([100, 200, 300])]), 700)).toBe(true);
    expect(isHeld(figuresOf([outcome([100, 900])]), 700)).toBe(false);
    expect(isHeld(figuresOf([outcome([100]), outcome([], 'inference.overloaded')]), 700)).toBe(false);
    expect(isHeld(figuresOf([]), 700)).toBe(false);
  });
});
