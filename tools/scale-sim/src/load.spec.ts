import { describe, expect, it } from '@jest/globals';
import { drawLoad, WARM_UP_SECONDS } from './load.js';
import { scenarioOf } from './scenario.js';

const settings = scenarioOf().load;
const { riseSeconds, holdSeconds, fallSeconds } = settings.bursts;

describe('a drawn load', () => {
  const load = drawLoad(settings, 3);

  it('is the same for the same seed, and another for another', () => {
    expect(drawLoad(settings, 3).arrivals).toEqual(load.arrivals);
    expect(drawLoad(settings, 4).arrivals).not.toEqual(load.arrivals);
  });

  it('has arrivals in order, within the day, as many as its rate comes to', () => {
    const { arrivals, rateAt } = load;
    expect(arrivals.every((at, i) => i === 0 || at >= arrivals[i - 1]!)).toBe(true);
    expect(arrivals.at(-1)).toBeLessThan(settings.hours * 3600);
    let expected = 0;
    for (let second = 0; second < settings.hours * 3600; second++) expected += rateAt(second + 0.5);
    // Within four standard deviations of a Poisson count.
    expect(Math.abs(arrivals.length - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });

  it('has streams that last as long as asked for on average', () => {
    const mean = load.durations.reduce((sum, seconds) => sum + seconds, 0) / load.durations.length;
    expect(Math.abs(mean / settings.streamSeconds - 1)).toBeLessThan(0.03);
  });

  it('rises to the factor, stays there and falls back, after the first hour and before the end', () => {
    const quiet = drawLoad({ ...settings, bursts: { ...settings.bursts, factor: 1 } }, 3);
    for (const start of load.bursts) {
      const times = [-1, riseSeconds / 2, riseSeconds + 1, riseSeconds + holdSeconds, 1e9];
      const factors = times.map((since) => load.rateAt(start + since) / quiet.rateAt(start + since));
      expect(factors.map((factor) => Math.round(10 * factor) / 10)).toEqual([1, 5.5, 10, 10, 1]);
      expect(start).toBeGreaterThanOrEqual(WARM_UP_SECONDS);
      expect(start + riseSeconds + holdSeconds + fallSeconds).toBeLessThanOrEqual(settings.hours * 3600);
    }
  });

  it('can begin a burst at once', () => {
    const sudden = drawLoad({ ...settings, bursts: { ...settings.bursts, riseSeconds: 0 } }, 3);
    const [start] = sudden.bursts as [number];
    expect(sudden.rateAt(start + 0.001) / sudden.rateAt(start - 0.001)).toBeCloseTo(10, 3);
  });
});
