import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { WorkQueue } from './work-queue.js';

describe('WorkQueue', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives each key once, however often it was added', async () => {
    const queue = new WorkQueue();
    for (const key of ['a', 'b', 'a']) queue.add(key);
    expect([await queue.next(), await queue.next(), queue.size]).toEqual(['a', 'b', 0]);
  });

  it('never gives a key to two at once: what is added meanwhile comes after', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    expect(await queue.next()).toBe('a');
    queue.add('a');
    queue.add('b');
    expect(await queue.next()).toBe('b');
    queue.done('a');
    expect(await queue.next()).toBe('a');
  });

  it('waits twice as long after each failure, up to a limit, and starts over after a success', () => {
    jest.useFakeTimers();
    const queue = new WorkQueue({ firstRetryMs: 100, longestRetryMs: 1_000, random: () => 0.5 });
    const pauses = Array.from({ length: 6 }, () => {
      const pause = queue.retry('a');
      jest.advanceTimersByTime(pause);
      return Math.round(pause);
    });
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    queue.forget('a');
    jest.advanceTimersByTime(60_000);
    expect(Math.round(queue.retry('a'))).toBe(100);
    queue.close();
  });

  it('waits at least as long as the server asked', () => {
    const queue = new WorkQueue({ firstRetryMs: 10, random: () => 0.5 });
    expect(queue.retry('a', 5_000)).toBe(5_000);
    queue.close();
  });

  it('bounds the retries of all keys together', () => {
    const queue = new WorkQueue({ firstRetryMs: 1, retriesPerSecond: 10, random: () => 0.5 });
    const pauses = Array.from({ length: 50 }, (_, i) => queue.retry(`key ${i}`));
    expect(Math.max(...pauses)).toBeGreaterThan(4_800);
    queue.close();
  });

  it('looks again at the earliest time that was asked for', async () => {
    jest.useFakeTimers();
    const queue = new WorkQueue();
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 100);
    queue.addAfter('a', 5_000);
    jest.advanceTimersByTime(100);
    expect(await queue.next()).toBe('a');
    queue.done('a');
    jest.advanceTimersByTime(10_000);
    expect(queue.size).toBe(0);
    queue.close();
  });

  it('wakes all who wait when it is closed', async () => {
    const queue = new WorkQueue();
    const waiting = [queue.next(), queue.next()];
    queue.close();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  });
});
