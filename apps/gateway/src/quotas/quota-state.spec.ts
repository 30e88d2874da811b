import { describe, expect, it } from '@jest/globals';
import { rateLimitHeaders, secondsToMidnight, type QuotaState } from './quota-state.js';

const audio = (limit: number, used: number): QuotaState => ({
  ...{ quota: 'audio', limit, used, resetSeconds: 60, windowSeconds: 86_400 },
});

describe('the headers that tell what is left', () => {
  it('name each quota once, by the limit that is nearest', () => {
    const requests = { quota: 'requests', limit: 10, used: 2.5, resetSeconds: 1, windowSeconds: 1 } as const;
    const storage = {
      quota: 'storage',
      limit: 5,
      used: 9,
      resetSeconds: undefined,
      windowSeconds: undefined,
    } as const;
    expect(rateLimitHeaders([audio(60_000, 1_000), requests, audio(90_000, 89_000), storage])).toEqual({
      'ratelimit-policy': '"audio";q=90;w=86400, "requests";q=10;w=1, "storage";q=5',
      ratelimit: '"audio";r=1;t=60, "requests";r=7;t=1, "storage";r=0',
    });
  });

  it('are not there where nothing is limited', () => {
    expect(rateLimitHeaders([])).toEqual({});
  });
});

describe('the end of the day', () => {
  it.each([
    ['2026-12-31T00:00:00.000Z', 86_400],
    ['2026-12-31T23:59:59.999Z', 1],
    ['2028-02-28T12:00:00.000Z', 43_200],
  ])('is midnight in UTC, seen from %s', (time, seconds) => {
    expect(secondsToMidnight(Date.parse(time))).toBe(seconds);
  });
});
