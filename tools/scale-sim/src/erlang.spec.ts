import { describe, expect, it } from '@jest/globals';
import { erlangB, erlangC } from './erlang.js';
import { EventQueue } from './event-queue.js';
import { Fleet } from './fleet.js';
import { QueueWait } from './queue-wait.js';
import { randomSource } from './random.js';
import { scenarioOf } from './scenario.js';
import { StartQueue } from './start-queue.js';

/** Plays a Poisson stream of starts to pods that are there from the beginning. */
function play(pods: number, capacity: number, offered: number, patienceSeconds: number) {
  const queue = new EventQueue();
  const random = randomSource(1, 1);
  const fleet = new Fleet(queue, scenarioOf({ capacity }).pod, randomSource(1, 2), {
    slotFreed: () => starts.retry(),
    cut: () => undefined,
  });
  const starts = new StartQueue(queue, fleet, patienceSeconds);
  fleet.createReady(pods);
  const meanSeconds = 10;
  const startNext = (): void => {
    starts.start(random.exponential(meanSeconds));
    queue.schedule(random.exponential(meanSeconds / offered), startNext);
  };
  startNext();
  queue.runUntil(200_000);
  return starts;
}

describe("Erlang's formulas", () => {
  it('have the values of published tables', () => {
    // Traffic that may be offered for a blocking of 1 % and of 10 %, from tables of Erlang B.
    expect(erlangB(10, 4.4612)).toBeCloseTo(0.01, 4);
    expect(erlangB(20, 12.031)).toBeCloseTo(0.01, 4);
    expect(erlangB(5, 2.8811)).toBeCloseTo(0.1, 4);
    // One server: blocked is load / (1 + load), waiting is the load itself.
    expect(erlangB(1, 0.5)).toBeCloseTo(1 / 3, 12);
    expect(erlangC(1, 0.7)).toBeCloseTo(0.7, 12);
    // Two servers at load 1: C = 1/3.
    expect(erlangC(2, 1)).toBeCloseTo(1 / 3, 12);
  });

  it('let every call wait where the servers cannot keep up', () => {
    expect(erlangC(4, 4)).toBe(1);
    expect(erlangC(4, 9)).toBe(1);
  });
});

describe('simulated starts', () => {
  it('that do not wait are refused as often as Erlang B says, however the slots are spread over pods', () => {
    for (const [pods, capacity] of [
      [1, 10],
      [5, 2],
    ] as const) {
      const starts = play(pods, capacity, 7, 0);
      expect(starts.refused / starts.tried).toBeCloseTo(erlangB(10, 7), 2);
    }
  });

  it('that wait without end do so as often and as long as Erlang C says', () => {
    const [servers, load, seconds] = [10, 8, 10];
    const { shareWaiting, meanSeconds } = play(1, servers, load, Infinity).waitFigures();
    expect(shareWaiting).toBeCloseTo(erlangC(servers, load), 1);
    const expected = (erlangC(servers, load) * seconds) / (servers - load);
    expect(Math.abs(meanSeconds / expected - 1)).toBeLessThan(0.08);
  });
});

describe('the queue wait of decodes', () => {
  const wait = new QueueWait(4, { workers: 1, utilisationAtCapacity: 0.7, decodesPerSecond: 1 });

  it('is that of one server, ρ / (1 − ρ) decodes long', () => {
    const decodeSeconds = 0.7 / 4;
    expect(wait.meanSeconds(4)).toBeCloseTo((0.7 / 0.3) * decodeSeconds, 10);
    expect(wait.meanSeconds(0)).toBe(0);
  });

  it('of a fleet is the mean over decodes, and its quantile that of the mixture', () => {
    // One pod with four streams, four with one: as many decodes in each kind.
    const pods = [0, 4, 0, 0, 1];
    expect(wait.fleetMeanSeconds(pods)).toBeCloseTo((wait.meanSeconds(4) + wait.meanSeconds(1)) / 2, 10);
    const quantile = wait.fleetQuantileSeconds(pods, 0.95);
    expect(quantile).toBeGreaterThan(wait.fleetQuantileSeconds([0, 4], 0.95));
    expect(quantile).toBeLessThan(wait.fleetQuantileSeconds([0, 0, 0, 0, 1], 0.95));
    // M/M/1: the share that waits longer than t is ρ · exp(−(1 − ρ) t / s).
    expect(wait.fleetQuantileSeconds([0, 0, 0, 0, 1], 0.95)).toBeCloseTo(
      (Math.log(0.7 / 0.05) * 0.175) / 0.3,
      4,
    );
  });

  it('is nothing where nothing is decoded', () => {
    expect([wait.fleetMeanSeconds([3, 0, 0, 0, 0]), wait.fleetQuantileSeconds([3], 0.95)]).toEqual([0, 0]);
  });
});
