import { describe, expect, it } from '@jest/globals';
import type { ProgressWeek } from '@parlance/persistence';
import { firstWeek, progressView } from './progress.js';

const NONE = { accuracy: null, fluency: null, prosody: null, total: null, confidence: null, clarity: null };

function week(monday: string, mean: number, n: number, best = mean): ProgressWeek {
  return { week: monday, turns: n, scores: { ...NONE, accuracy: { mean, n, best } } };
}

const SINCE = new Date('2026-01-05T00:00:00Z');
const view = (...weeks: ProgressWeek[]) => progressView('ana', SINCE, { weeks, phones: [] });

describe('progress', () => {
  it('has the mean over all turns, the best one and its week', () => {
    const { turns, scores } = view(week('2026-01-05', 60, 3, 90), week('2026-01-12', 70, 1));
    expect(turns).toBe(4);
    expect(scores.accuracy).toMatchObject({ mean: 62.5, n: 4, best: { value: 90, week: '2026-01-05' } });
    expect(scores.fluency).toBeNull();
  });

  it('has the slope of the least squares, weighted by turns', () => {
    // numpy.polyfit([0, 1, 3], [60, 66, 65], 1, w=sqrt([1, 2, 3]))[0] = 0.849057
    const { scores } = view(week('2026-01-05', 60, 1), week('2026-01-12', 66, 2), week('2026-01-26', 65, 3));
    expect(scores.accuracy!.slopePerWeek).toBeCloseTo(0.849057, 6);
  });

  it('has no slope of one week, and nothing at all of none', () => {
    expect(view(week('2026-01-05', 60, 3)).scores.accuracy!.slopePerWeek).toBeNull();
    expect(view()).toEqual({
      ...{ user: 'ana', since: '2026-01-05', turns: 0, scores: NONE, weeks: [], phones: [] },
    });
  });

  it('shows weeks between others in which nothing was spoken', () => {
    const { weeks } = view(week('2026-01-05', 60, 1), week('2026-01-19', 66, 2));
    expect(weeks.map((one) => one.week)).toEqual(['2026-01-05', '2026-01-12', '2026-01-19']);
    expect(weeks[1]).toEqual({ week: '2026-01-12', turns: 0, scores: NONE });
  });

  it('begins with a Monday', () => {
    const sunday = new Date('2026-03-01T23:59:00Z');
    expect(firstWeek(1, sunday).toISOString()).toBe('2026-02-23T00:00:00.000Z');
    expect(firstWeek(3, new Date('2026-03-02T00:00:00Z')).toISOString()).toBe('2026-02-16T00:00:00.000Z');
  });
});
