import { describe, expect, it } from '@jest/globals';
import { streakOf } from './statistics.js';

const NOW = new Date('2026-03-02T01:00:00Z');

describe('a streak of days', () => {
  it.each([
    ['is nothing without days', [], 0],
    [
      'counts today and the days before it, over the end of a month',
      ['2026-03-02', '2026-03-01', '2026-02-28'],
      3,
    ],
    ['goes on while today is still to come', ['2026-03-01', '2026-02-28'], 2],
    ['ends at a day without turns', ['2026-03-02', '2026-03-01', '2026-02-27'], 2],
    ['is over after a whole day without turns', ['2026-02-28', '2026-02-27'], 0],
  ])('%s', (_, days, expected) => {
    expect(streakOf(days, NOW)).toBe(expected);
  });
});
