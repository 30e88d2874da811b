import { describe, expect, it } from '@jest/globals';
import type { RatioRow } from './ratios.js';
import { regressionLine, regressions } from './regression.js';

const row = (name: string, median: number, more: Partial<RatioRow> = {}): RatioRow => ({
  name,
  ratio: { min: median, median, max: median },
  target: 1,
  peer: 'peer',
  holds: true,
  ...more,
});

describe('the regression gate', () => {
  it('lets pass what is better, equal, or worse within the tolerance', () => {
    const committed = [row('a', 0.5), row('b', 0.5), row('c', 0.5)];
    expect(regressions(committed, [row('a', 0.3), row('b', 0.5), row('c', 0.57)])).toEqual([]);
  });

  it('stops what is worse by more, even where it holds its target', () => {
    expect(regressions([row('a', 0.5)], [row('a', 0.6)])).toEqual([{ name: 'a', now: 0.6, committed: 0.5 }]);
    expect(regressions([row('a', 0.5)], [row('a', 0.6)], 0.25)).toEqual([]);
  });

  it('turns round where more is better', () => {
    const committed = [row('streams', 4, { moreIsBetter: true })];
    expect(regressions(committed, [row('streams', 5)])).toEqual([]);
    expect(regressions(committed, [row('streams', 3.5)])).toEqual([]);
    expect(regressions(committed, [row('streams', 3)])).toHaveLength(1);
  });

  it('compares by name, whoever the best peer was, and takes new rows for no fault', () => {
    const latest = [row('a', 0.5, { peer: 'another' }), row('new', 9)];
    expect(regressions([row('a', 0.5)], latest)).toEqual([]);
  });

  it('stops where a committed figure was not measured, or is none', () => {
    const committed = [row('a', 0.5), row('b', 0.5)];
    expect(regressions(committed, [row('b', NaN)])).toEqual([
      { name: 'a', now: undefined, committed: 0.5 },
      { name: 'b', now: undefined, committed: 0.5 },
    ]);
    // JSON writes NaN as null.
    const fromFile = JSON.parse(JSON.stringify([row('a', 0.5), row('b', NaN)])) as RatioRow[];
    expect(regressions(committed, fromFile).map(({ name }) => name)).toEqual(['b']);
  });

  it('measures a figure with a limit of its own by that limit', () => {
    const committed = [row('latency', 0.1, { peer: 'limit' })];
    expect(regressions(committed, [row('latency', 0.24, { peer: 'limit' })])).toEqual([]);
    expect(regressions(committed, [row('latency', 0.26, { peer: 'limit' })])).toHaveLength(1);
  });

  it('gives a figure that was nothing a little room', () => {
    expect(regressions([row('a', 0)], [row('a', 0.01)])).toEqual([]);
    expect(regressions([row('a', 0)], [row('a', 0.2)])).toHaveLength(1);
  });

  it('tells a regression in a line', () => {
    expect(regressionLine({ name: 'a', now: 0.61, committed: 0.5 })).toBe('a is 0.61; committed 0.50');
    expect(regressionLine({ name: 'b', now: undefined, committed: 2 })).toBe(
      'b was not measured; committed 2.00',
    );
  });
});
