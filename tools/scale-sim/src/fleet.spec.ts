import { describe, expect, it } from '@jest/globals';
import { EventQueue } from './event-queue.js';
import { deletionOrder, Fleet, type PodSettings } from './fleet.js';
import { Pod } from './pod.js';
import { randomSource } from './random.js';
import { scenarioOf } from './scenario.js';

const POD: PodSettings = {
  ...scenarioOf({ capacity: 2 }).pod,
  imageSeconds: 10,
  imageSigma: 0,
  loadSeconds: 20,
  loadSigma: 0,
  warmUpSeconds: 5,
  probeSeconds: 0,
  discoverySeconds: 1,
  drainSeconds: 60,
  createdPerSecond: 1,
};

function fleetOf(ready: number) {
  const queue = new EventQueue();
  const seen = { freed: 0, cut: 0 };
  const fleet = new Fleet(queue, POD, randomSource(1, 2), {
    slotFreed: () => (seen.freed += 1),
    cut: (streams) => (seen.cut += streams),
  });
  fleet.createReady(ready);
  return { queue, fleet, seen };
}

describe('a fleet', () => {
  it('has slots of a new pod when image, load and warm-up are over and the gateways know', () => {
    const { queue, fleet } = fleetOf(0);
    fleet.create(1);
    queue.runUntil(35.9);
    expect([fleet.pods.size, fleet.admit()]).toEqual([1, undefined]);
    queue.runUntil(36);
    expect(fleet.admit()?.held).toBe(1);
  });

  it('gets many pods no faster than they are created', () => {
    const { queue, fleet } = fleetOf(0);
    fleet.create(30);
    queue.runUntil(50);
    // 35 s after it was created a pod serves, one is created each second.
    expect(fleet.servingByHeld).toEqual([16, 0, 0]);
  });

  it('admits no more streams than there are slots, to all pods alike', () => {
    const { fleet } = fleetOf(3);
    const admitted = Array.from({ length: 7 }, () => fleet.admit());
    expect(admitted.filter(Boolean)).toHaveLength(6);
    expect(fleet.servingByHeld).toEqual([0, 0, 3]);
  });

  it('drains a pod: no new stream, gone when the last one has ended', () => {
    const { queue, fleet, seen } = fleetOf(1);
    const pod = fleet.admit()!;
    fleet.remove(1);
    expect([fleet.admit(), pod.phase]).toEqual([undefined, 'draining']);
    queue.runUntil(30);
    expect(fleet.release(pod)).toBe(true);
    expect([fleet.pods.size, pod.phase, seen.cut]).toEqual([0, 'gone', 0]);
  });

  it('cuts the streams that are left when the drain is over', () => {
    const { queue, fleet, seen } = fleetOf(1);
    const pod = fleet.admit()!;
    fleet.admit();
    fleet.remove(1);
    queue.runUntil(60);
    expect([seen.cut, fleet.held, fleet.pods.size, fleet.release(pod)]).toEqual([2, 0, 0, false]);
  });

  it('counts pod hours from creation to the end of the drain', () => {
    const { queue, fleet } = fleetOf(1);
    fleet.create(1);
    queue.runUntil(100);
    fleet.admit();
    fleet.admit();
    fleet.admit();
    fleet.remove(1);
    queue.runUntil(1000);
    fleet.count();
    // The drained one held a stream or two, so it stayed for the whole drain.
    expect(fleet.podSeconds).toBe(1000 + 160);
  });

  it('gives back pods that never served at once', () => {
    const { queue, fleet } = fleetOf(1);
    fleet.create(2);
    queue.runUntil(20);
    fleet.remove(2);
    expect([...fleet.pods].map(({ isReady }) => isReady)).toEqual([true]);
    queue.runUntil(100);
    expect(fleet.servingByHeld).toEqual([1, 0, 0]);
  });
});

describe('the order of deletion', () => {
  const podWith = (changes: Partial<Pod>): Pod => Object.assign(new Pod(0, 0), { phase: 'ready' }, changes);

  it('is pending, not ready, the lower deletion cost, the shorter ready', () => {
    const expected = [
      podWith({ phase: 'pending', deletionCost: 9 }),
      podWith({ phase: 'starting', deletionCost: 9 }),
      podWith({ deletionCost: 0, readinessChangedAt: 990 }),
      podWith({ deletionCost: 0, readinessChangedAt: 10 }),
      podWith({ deletionCost: 3, readinessChangedAt: 990 }),
    ];
    expect(expected.toReversed().sort((a, b) => deletionOrder(a, b, 1000))).toEqual(expected);
  });
});
