import { describe, expect, it } from '@jest/globals';
import { LatencyWatch } from './latency-watch.js';

describe('LatencyWatch', () => {
  it('is behind once more than five in a hundred finals come late, and until they are long ago', () => {
    let now = 0;
    const watch = new LatencyWatch(() => now);
    const note = (count: number, ms: number): void => {
      for (let i = 0; i < count; i++) watch.note(ms);
    };
    note(4, 900);
    expect(watch.isBehind()).toBe(false);
    note(1, 900);
    expect(watch.isBehind()).toBe(true);
    now = 21_000;
    expect(watch.isBehind()).toBe(false);
    note(60, 100);
    note(3, 900);
    expect(watch.isBehind()).toBe(false);
    note(1, 900);
    expect(watch.isBehind()).toBe(true);
  });

  it('is early while nearly all of the last finals leave time to spare', () => {
    const watch = new LatencyWatch(() => 0);
    for (let i = 0; i < 4; i++) watch.note(100);
    expect(watch.areEarly(4)).toBe(false);
    watch.note(300);
    expect(watch.areEarly(5)).toBe(false);
    for (let i = 0; i < 6; i++) watch.note(100);
    expect(watch.areEarly(6)).toBe(true);
    expect(watch.areEarly(7)).toBe(true);
    watch.note(300);
    expect(watch.areEarly(6)).toBe(false);
    expect(watch.areEarly(7)).toBe(true);
  });
});
