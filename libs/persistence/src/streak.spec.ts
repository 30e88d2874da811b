import { describe, expect, it } from '@jest/globals';
import { streakOf } from './streak.js';

describe('a streak', () => {
  it('is nothing without days', () => {
    expect(streakOf([], '2026-11-30')).toEqual({ current: 0, longest: 0, isTodayDone: false });
  });

  it('counts days in a row up to today, in whatever order they come', () => {
    expect(streakOf(['2026-11-30', '2026-11-28', '2026-11-29'], '2026-11-30')).toEqual({
      current: 3,
      longest: 3,
      isTodayDone: true,
    });
  });

  it.each([
    ['goes on while today is still to come', ['2026-11-29', '2026-11-28'], '2026-11-30', 2, 2],
    ['is over after a whole day without anything', ['2026-11-28', '2026-11-27'], '2026-11-30', 0, 2],
    ['ends at a day that was left out', ['2026-03-02', '2026-03-01', '2026-02-27'], '2026-03-02', 2, 2],
    ['goes on over the end of a month', ['2026-03-02', '2026-03-01', '2026-02-28'], '2026-03-02', 3, 3],
    ['goes on over summer time', ['2026-10-24', '2026-10-25', '2026-10-26'], '2026-10-26', 3, 3],
    ['may have been longer', ['2026-01-01', '2026-01-02', '2026-01-03', '2026-03-01'], '2026-03-01', 1, 3],
  ])('%s', (_, days, today, current, longest) => {
    expect(streakOf(days, today)).toMatchObject({ current, longest });
  });
});
