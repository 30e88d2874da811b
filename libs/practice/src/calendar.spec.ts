import { describe, expect, it } from '@jest/globals';
import { dayOf, isTimeZone } from './calendar.js';

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
