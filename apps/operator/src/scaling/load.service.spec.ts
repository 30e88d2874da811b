import { describe, expect, it } from '@jest/globals';
import { SCALING_DEFAULTS, StreamDemand } from '@parlance/scaling';
import { podLoad, speechModel } from '../../../../test/support/operator-plan-factory.js';
import type { KubeObject } from '../kit/kube-object.js';
import type { PodLoad } from '../observe/observed.js';
import { LoadService } from './load.service.js';

const COUNTERS = { jobs: 0, waitSeconds: 0, finals: 0, finalSeconds: 0 };
/** Looks no way ahead, so that load is what is held. */
const model = speechModel({
  replicas: { min: 1, max: 9 },
  autoscaling: { streamsPercent: 50, queueWaitMs: 100, leadSeconds: 0, scaleDownSeconds: 60 },
});
const defaults = speechModel({ replicas: { min: 1, max: 9 } });

const podObject = (name: string, isReady = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: `uid-${name}` },
  status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
});
const pods = [podObject('a'), podObject('b')];

/** A fleet whose time and pods a test moves. */
function fleet(asked = model) {
  let now = 0;
  const loads = new LoadService(() => now);
  return {
    loads,
    /** Goes on by some seconds; pods say what is given, in order, `undefined` saying nothing. */
    after(seconds: number, said: readonly (PodLoad | undefined)[], present = pods) {
      now += 1000 * seconds;
      said.forEach((load, i) => load && loads.note(pods[i]?.metadata.uid ?? '', load, COUNTERS));
      loads.sample(asked, present);
      return loads.demandOf(asked).loadPercent;
    },
  };
}

const holding = (streams: readonly number[], rest: Partial<PodLoad> = {}) => {
  const { loads, after } = fleet();
  after(
    0,
    streams.map((held) => podLoad(held, rest)),
  );
  return loads;
};

describe('LoadService', () => {
  it('adds up what pods hold, in per cent of what one can', () => {
    expect(holding([5, 3]).demandOf(model).loadPercent).toBe(80);
  });

  it('tells an autoscaler of no fewer pods than hold streams', () => {
    expect(holding([1, 1]).scalingLoad(model, pods)).toBe(100);
    expect(holding([2, 0]).scalingLoad(model, pods)).toBe(50);
    expect(holding([0, 0]).scalingLoad(model, pods)).toBe(0);
  });

  it('counts a mean wait that is too long as load, before streams are refused', () => {
    const waiting = (queueWaitMs: number) =>
      holding([1, 1], { queueWaitMs, jobs: 9 }).demandOf(model).loadPercent;
    expect([100, 200, 9_000].map(waiting)).toEqual([20, 40, 40]);
  });

  it('asks for what the simulated policy asks for, reading by reading: held, refused, growth and lead', () => {
    const { after } = fleet(defaults);
    const simulated = new StreamDemand(SCALING_DEFAULTS.demand);
    const day = [
      [3, 0],
      [6, 0],
      [12, 0],
      [20, 2],
      [20, 17],
      [20, 40],
      [19, 41],
      [12, 41],
    ] as const;
    let most = 0;
    day.forEach(([held, refused], i) => {
      const half = podLoad(held / 2, { refused: refused / 2 });
      simulated.note({ at: 5 * i, held, waiting: 0, refused, queueWaitSeconds: 0 });
      most = Math.max(most, (simulated.wantedStreams() ?? 0) / 10);
      expect(after(i === 0 ? 0 : 5, [half, half])).toBeCloseTo(100 * most);
    });
    // Two pods are full; the refused say that six would not be enough.
    expect(most / SCALING_DEFAULTS.targetFraction).toBeGreaterThan(6);
  });

  it('sees growth in starts that a full pod refuses, though it holds no more than before', () => {
    const { after } = fleet(defaults);
    const full = (refused: number) => podLoad(10, { refused });
    expect(after(0, [full(500), full(0)])).toBe(200);
    expect(after(30, [full(500), full(0)])).toBe(200);
    expect(after(30, [full(530), full(30)])).toBeGreaterThan(300);
  });

  it('sees no growth in finding pods that were there, nor in a process that began to count anew', () => {
    const { after } = fleet(defaults);
    after(0, [podLoad(8, { refused: 90 }), undefined]);
    expect(after(5, [podLoad(8, { refused: 90 }), podLoad(8, { refused: 70 })])).toBe(160);
    expect(after(5, [podLoad(8, { refused: 0 }), podLoad(8, { refused: 70 })])).toBe(160);
  });

  it('sees growth in the streams of a pod that has come', () => {
    const { after } = fleet(defaults);
    after(0, [podLoad(8)], pods.slice(0, 1));
    expect(after(30, [podLoad(8), podLoad(8)])).toBeGreaterThan(250);
  });

  it('honours how far a model looks ahead', () => {
    const grown = (leadSeconds: number) => {
      const { after } = fleet(speechModel({ replicas: { min: 1, max: 9 }, autoscaling: { leadSeconds } }));
      after(0, [podLoad(0)]);
      return after(30, [podLoad(10)])!;
    };
    expect(grown(0)).toBe(100);
    expect(grown(300)).toBeGreaterThan(grown(75));
  });

  it('falls when the load was lower for the whole time that the model gives it', () => {
    const { after } = fleet();
    after(0, [podLoad(8), podLoad(0)]);
    for (let seconds = 5; seconds < 100; seconds += 5)
      expect(after(5, [podLoad(2), podLoad(0)])).toBe(seconds <= 60 ? 80 : 20);
  });

  it('knows nothing when no pod is ready, or none has said anything for long', () => {
    const { after, loads } = fleet();
    expect(after(0, [podLoad(5)], [podObject('a', false)])).toBeUndefined();
    expect(after(1, [podLoad(5), podLoad(5)])).toBe(100);
    expect(after(31, [undefined, undefined])).toBeUndefined();
    expect(loads.scalingLoad(model, pods)).toBeUndefined();
  });

  it('adds the pods that are to be warm', () => {
    const { after } = fleet(speechModel({ replicas: { min: 1, max: 9 }, warmPool: { pods: 2 } }));
    expect(after(0, [podLoad(5), podLoad(0)])).toBe(50 + 2 * 80);
  });

  it('remembers when a stream was last held', () => {
    const { after, loads } = fleet();
    after(1, [podLoad(1), podLoad(0)]);
    after(8, [podLoad(0), podLoad(0)]);
    expect(loads.demandOf(model).lastActiveAt).toBe(1_000);
  });
});
