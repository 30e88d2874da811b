import { describe, expect, it } from '@jest/globals';
import { EventLimits } from './event-limits.js';
import { TokenBucket } from './token-bucket.js';

describe('a token bucket', () => {
  it('lets a burst pass, and then as many as come back with time', () => {
    let now = 0;
    const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, () => now);
    const passed = (tries: number) =>
      Array.from({ length: tries }, () => bucket.tryRemove()).filter(Boolean).length;
    expect(passed(5)).toBe(3);
    now = 1_000;
    expect(passed(5)).toBe(2);
    now = 3_600_000;
    expect(passed(50)).toBe(3);
  });
});

describe('the limits of a socket', () => {
  it('are those of each event, so that one that comes too often keeps no other out', () => {
    const limits = new EventLimits(() => 0);
    const verdicts = Array.from({ length: 31 }, () => limits.judge('voice:join'));
    expect(verdicts.filter((verdict) => verdict === 'pass')).toHaveLength(30);
    expect(verdicts.at(-1)).toBe('refuse');
    expect(limits.judge('voice:audio-chunk')).toBe('pass');
    expect(limits.judge('voice:leave')).toBe('pass');
  });

  it('tell a client that goes on once a second, and end it after 200 refusals', () => {
    let now = 0;
    const limits = new EventLimits(() => now);
    for (let event = 0; event < 30; event += 1) limits.judge(undefined);
    const refused = Array.from({ length: 200 }, () => limits.judge(undefined));
    expect(refused[0]).toBe('refuse');
    expect(new Set(refused.slice(1))).toEqual(new Set(['refuse in silence']));
    expect(limits.judge(undefined)).toBe('disconnect');
    now = 60_000;
    expect(limits.judge(undefined)).toBe('pass');
  });

  it('let chunks of 20 ms pass as fast as they are spoken, for ever', () => {
    let now = 0;
    const limits = new EventLimits(() => now);
    for (let chunk = 0; chunk < 5_000; chunk += 1) {
      now += 20;
      expect(limits.judge('voice:audio-chunk')).toBe('pass');
    }
  });
});
