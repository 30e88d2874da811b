import { describe, expect, it } from '@jest/globals';
import { fixedPauseMs, longestPauseMs, pauseLimitMs } from './pause-limit.js';

const EAGERNESS = ['low', 'medium', 'high'] as const;

describe('pauseLimitMs', () => {
  it('ends a finished sentence within 300 ms and bears a pause of 3 s within one', () => {
    expect(pauseLimitMs(0.99, 'medium')).toBeLessThanOrEqual(300);
    expect(pauseLimitMs(0.02, 'medium')).toBeGreaterThan(3000);
  });

  it.each(EAGERNESS)('waits no shorter the less sure it is, at %s eagerness', (eagerness) => {
    let last = Infinity;
    for (let p = 0; p <= 1; p += 0.05) {
      const limit = pauseLimitMs(p, eagerness);
      expect(limit).toBeLessThanOrEqual(last);
      last = limit;
    }
    expect(pauseLimitMs(0, eagerness)).toBe(longestPauseMs(eagerness));
  });

  it('waits less at higher eagerness, whatever the probability and without a model', () => {
    for (let p = 0; p <= 1; p += 0.05) {
      expect(pauseLimitMs(p, 'low')).toBeGreaterThan(pauseLimitMs(p, 'medium'));
      expect(pauseLimitMs(p, 'medium')).toBeGreaterThan(pauseLimitMs(p, 'high'));
    }
    expect(EAGERNESS.map(fixedPauseMs)).toEqual([1000, 500, 350]);
  });
});
