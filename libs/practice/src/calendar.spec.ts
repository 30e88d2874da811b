import { describe, expect, it } from '@jest/globals';
import { beginningOf, dayOf, isTimeZone } from './calendar.js';

describe('a day', () => {
  it("is the user's own", () => {
    const moment = new Date('2026-11-30T23:30:00Z');
    expect(dayOf(moment, 'UTC')).toBe('2026-11-30');
    expect(dayOf(moment, 'Europe/Berlin')).toBe('2026-12-01');
    expect(dayOf(moment, 'America/Los_Angeles')).toBe('2026-11-30');
  });

  it.each([
    ['UTC', '2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['Europe/Berlin', '2026-07-01', '2026-06-30T22:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-03-01', '2026-02-28T10:00:00.000Z'],
    ['Pacific/Pago_Pago', '2026-03-01', '2026-03-01T11:00:00.000Z'],
    ['Asia/Kathmandu', '2026-03-01', '2026-02-28T18:15:00.000Z'],
    // Clocks go from midnight to one.
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z'],
  ])('begins in %s on %s at %s', (zone, day, moment) => {
    expect(beginningOf(day, zone).toISOString()).toBe(moment);
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
