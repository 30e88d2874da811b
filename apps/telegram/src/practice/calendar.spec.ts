import { describe, expect, it } from '@jest/globals';
import { dayOf, isTimeZone, practiceStreak } from './calendar.js';

describe('a day', () => {
  it("is the user's own", () => {
    const moment = new Date('2026-11-30T23:30:00Z');
    expect(dayOf(moment, 'UTC')).toBe('2026-11-30');
    expect(dayOf(moment, 'Europe/Berlin')).toBe('2026-12-01');
    expect(dayOf(moment, 'America/Los_Angeles')).toBe('2026-11-30');
  });

  it('knows zones by their names only', () => {
    expect(['Europe/Kyiv', 'UTC', 'Europe/Atlantis', '+02:00', ''].map(isTimeZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('a streak', () => {
  it('counts days in a row up to today', () => {
    expect(practiceStreak(['2026-11-30', '2026-11-28', '2026-11-29'], '2026-11-30')).toEqual({
      current: 3,
      longest: 3,
      isTodayDone: true,
    });
  });

  it('lasts until today is over', () => {
    expect(practiceStreak(['2026-11-29', '2026-11-28'], '2026-11-30')).toMatchObject({
      current: 2,
      isTodayDone: false,
    });
    expect(practiceStreak(['2026-11-28', '2026-11-27'], '2026-11-30')).toMatchObject({
      current: 0,
      longest: 2,
    });
  });

  it('goes on over the ends of months and of summer time', () => {
    const days = ['2026-10-24', '2026-10-25', '2026-10-26', '2026-02-28', '2026-03-01'];
    expect(practiceStreak(days, '2026-10-26')).toMatchObject({ current: 3, longest: 3 });
    expect(practiceStreak(days, '2026-03-01')).toMatchObject({ current: 2 });
  });

  it('is nothing before the first answer', () => {
    expect(practiceStreak([], '2026-11-30')).toEqual({ current: 0, longest: 0, isTodayDone: false });
  });
});
