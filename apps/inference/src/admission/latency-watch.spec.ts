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
});
