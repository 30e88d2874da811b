import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PeriodicWork, type PeriodicWorkOptions } from './periodic-work.js';

const EVERY_MS = 1_000;
const SHORTEST_MS = 0.75 * EVERY_MS;
const LONGEST_MS = 1.25 * EVERY_MS;
const fault = new Error('broken');

/** A work whose runs the test ends one by one, or that end at once with what `outcome` does. */
function work(options: Partial<PeriodicWorkOptions> = {}, outcome?: () => void) {
  const begun: number[] = [];
  const faults: unknown[] = [];
  const ends: (() => void)[] = [];
  const periodic = new PeriodicWork(
    async () => {
      begun.push(Date.now());
      if (outcome) return outcome();
      await new Promise<void>((resolve) => ends.push(resolve));
    },
    { everyMs: EVERY_MS, onFailure: (error) => faults.push(error), ...options },
  );
  return { periodic, begun, faults, end: () => ends.shift()!() };
}
const after = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
const pauses = (times: readonly number[]): number[] =>
  times.slice(1).map((time, index) => time - times[index]!);

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('periodic work', () => {
  it('runs again and again, a quarter earlier or later than it says', async () => {
    const { periodic, begun } = work({}, () => undefined);
    periodic.start();
    await after(SHORTEST_MS - 1);
    expect(begun).toEqual([]);
    await after(100 * LONGEST_MS);
    expect(begun.length).toBeGreaterThan(80);
    for (const pause of pauses(begun)) {
      expect(pause).toBeGreaterThanOrEqual(Math.floor(SHORTEST_MS));
      expect(pause).toBeLessThanOrEqual(LONGEST_MS);
    }
    expect(new Set(pauses(begun)).size).toBeGreaterThan(10);
    await periodic.stop();
  });

  it('counts the pause from the end of a run, so that there is one at a time', async () => {
    const { periodic, begun, end } = work({ firstMs: 5 });
    periodic.start();
    await after(5);
    expect(begun).toHaveLength(1);
    await after(10 * LONGEST_MS);
    expect(begun).toHaveLength(1);
    end();
    await after(SHORTEST_MS - 1);
    expect(begun).toHaveLength(1);
    await after(LONGEST_MS);
    expect(begun).toHaveLength(2);
  });

  it('runs at once when it is asked to, and goes on from there', async () => {
    const { periodic, begun } = work({}, () => undefined);
    periodic.start();
    await periodic.runNow();
    expect(begun).toHaveLength(1);
    await after(SHORTEST_MS - 1);
    expect(begun).toHaveLength(1);
    await after(LONGEST_MS);
    expect(begun.length).toBeGreaterThan(1);
    await periodic.stop();
  });

  it('runs once more after a run during which it was asked to, however often', async () => {
    const { periodic, begun, end } = work();
    const first = periodic.runNow();
    void periodic.runNow();
    void periodic.runNow();
    expect(begun).toHaveLength(1);
    end();
    await after(0);
    expect(begun).toHaveLength(2);
    end();
    await first;
    expect(begun).toHaveLength(2);
  });

  it('tells of each run that failed and waits twice as long each time, up to its limit, until one succeeds', async () => {
    let isBroken = true;
    const { periodic, begun, faults } = work({ longestMs: 4 * EVERY_MS }, () => {
      if (isBroken) throw fault;
    });
    await periodic.runNow();
    await after(20 * EVERY_MS);
    expect(faults).toEqual(begun.map(() => fault));
    for (const [index, factor] of [2, 4, 4].entries()) {
      expect(pauses(begun)[index]).toBeGreaterThanOrEqual(Math.floor(factor * SHORTEST_MS));
      expect(pauses(begun)[index]).toBeLessThanOrEqual(factor * LONGEST_MS);
    }
    isBroken = false;
    const failed = faults.length;
    await after(5 * LONGEST_MS);
    const mended = begun.length;
    await after(10 * LONGEST_MS);
    expect(faults).toHaveLength(failed);
    expect(begun.length - mended).toBeGreaterThanOrEqual(10);
    await periodic.stop();
  });

  it('waits no longer after failures where the time between two runs is long already', async () => {
    const { periodic, begun } = work({ longestMs: EVERY_MS / 2 }, () => {
      throw fault;
    });
    await periodic.runNow();
    await after(10 * LONGEST_MS);
    for (const pause of pauses(begun)) expect(pause).toBeLessThanOrEqual(LONGEST_MS);
    await periodic.stop();
  });
});

describe('periodic work that is stopped', () => {
  it('tells the run in hand by its signal, waits for it, and begins no other', async () => {
    const { periodic, begun, end } = work();
    void periodic.runNow();
    void periodic.runNow();
    expect(periodic.signal.aborted).toBe(false);
    const stopped = periodic.stop();
    expect(periodic.signal.aborted).toBe(true);
    end();
    expect(await stopped).toBe(true);
    periodic.start();
    await periodic.runNow();
    await after(10 * LONGEST_MS);
    expect(begun).toHaveLength(1);
  });

  it('does not wait longer than the limit for a run that does not end', async () => {
    const { periodic } = work();
    void periodic.runNow();
    const stopped = periodic.stop(50);
    await after(50);
    expect(await stopped).toBe(false);
  });

  it('tells nobody of a run that fails by the stop', async () => {
    const { periodic, faults } = work({}, () => {
      void periodic.stop();
      throw fault;
    });
    await periodic.runNow();
    expect(faults).toEqual([]);
  });

  it('holds no process up with its timer', () => {
    jest.useRealTimers();
    const { periodic } = work();
    periodic.start();
    const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout');
    void periodic.stop();
    expect(timers.length).toBe(process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length);
  });
});
