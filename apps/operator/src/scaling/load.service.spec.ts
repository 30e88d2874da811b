import { describe, expect, it } from '@jest/globals';
import { podLoad, speechModel } from '../../../../test/support/operator-plan-factory.js';
import type { KubeObject } from '../kit/kube-object.js';
import { LoadService } from './load.service.js';

const COUNTERS = { waits: new Map<number, number>(), finals: 0, finalSeconds: 0 };
const model = speechModel({
  replicas: { min: 1, max: 9 },
  autoscaling: { streamsPercent: 50, queueWaitMs: 100, scaleDownSeconds: 60 },
});

const podObject = (name: string, isReady = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: `uid-${name}` },
  status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
});

describe('LoadService', () => {
  const pods = [podObject('a'), podObject('b')];

  /** Pods that hold so many streams of ten each. */
  function holding(streams: readonly number[], now = () => 0, rest = {}) {
    const loads = new LoadService(now);
    streams.forEach((held, i) => loads.note(pods[i]?.metadata.uid ?? '', podLoad(held, rest), COUNTERS));
    return loads;
  }

  it('adds up what pods hold, in per cent of what one can', () => {
    expect(holding([5, 3]).demandOf(model, pods).loadPercent).toBe(80);
  });

  it('tells an autoscaler of no fewer pods than hold streams', () => {
    expect(holding([1, 1]).scalingLoad(model, pods)).toBe(100);
    expect(holding([2, 0]).scalingLoad(model, pods)).toBe(50);
    expect(holding([0, 0]).scalingLoad(model, pods)).toBe(0);
  });

  it('counts a queue that is too long as load, before streams are refused', () => {
    expect(holding([1, 1], undefined, { queueWaitMs: 150 }).demandOf(model, pods).loadPercent).toBe(150);
    expect(holding([1, 1], undefined, { queueWaitMs: 100 }).demandOf(model, pods).loadPercent).toBe(20);
    expect(holding([1, 1], undefined, { queueWaitMs: 9_000 }).demandOf(model, pods).loadPercent).toBe(200);
  });

  it('falls when the load was lower for the whole time that the model gives it', () => {
    let now = 0;
    const loads = holding([8, 0], () => now);
    loads.sample(model, pods);
    for (; now < 100_000; now += 5_000) {
      loads.note('uid-a', podLoad(2), COUNTERS);
      loads.note('uid-b', podLoad(0), COUNTERS);
      if (now > 0) loads.sample(model, pods);
      expect(loads.demandOf(model, pods).loadPercent).toBe(now <= 60_000 ? 80 : 20);
    }
  });

  it('knows nothing when no pod is ready, or none has said anything for long', () => {
    let now = 0;
    const loads = holding([5, 5], () => now);
    expect(loads.demandOf(model, [podObject('a', false)]).loadPercent).toBeUndefined();
    now = 31_000;
    expect(loads.scalingLoad(model, pods)).toBeUndefined();
  });

  it('adds the pods that are to be warm', () => {
    const warm = speechModel({ replicas: { min: 1, max: 9 }, warmPool: { pods: 2 } });
    expect(holding([5, 0]).demandOf(warm, pods).loadPercent).toBe(50 + 2 * 70);
  });

  it('remembers when a stream was last held', () => {
    let now = 1_000;
    const loads = holding([1, 0], () => now);
    loads.sample(model, pods);
    loads.note('uid-a', podLoad(0), COUNTERS);
    now = 9_000;
    loads.sample(model, pods);
    expect(loads.demandOf(model, pods).lastActiveAt).toBe(1_000);
  });
});
