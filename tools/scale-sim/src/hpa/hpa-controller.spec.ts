import { describe, expect, it } from '@jest/globals';
import type { ScalingBehavior, ScalingRules } from '@parlance/scaling';
import { HpaController } from './hpa-controller.js';
import { HPA_DEFAULTS, type HpaPod } from './pod-usage.js';
import { proposeReplicas, type HpaMetric } from './replica-proposals.js';

const TOLERANCE = { up: 0.1, down: 0.1 };
const CPU: HpaMetric = { type: 'Cpu', targetPercent: 50, requestMilli: 1000 };
const NOW = 10_000;

function pod(milli: number | undefined, changes: Partial<HpaPod> = {}): HpaPod {
  return {
    isPending: false,
    isTerminating: false,
    isReady: true,
    startedAt: 0,
    readinessChangedAt: 60,
    sample: milli === undefined ? undefined : { milli, at: NOW, windowSeconds: 15 },
    ...changes,
  };
}

function wanted(metric: HpaMetric, pods: readonly HpaPod[], current = pods.length): number | undefined {
  return proposeReplicas(metric, { current, present: current, pods }, TOLERANCE, NOW, HPA_DEFAULTS);
}

describe("the documentation's algorithm", () => {
  it('doubles replicas at twice the target, and halves them at half of it', () => {
    // "if the current metric value is 200m, and the desired value is 100m, the number of replicas will be doubled".
    const metric: HpaMetric = { type: 'Pods', targetMilli: 100 };
    expect(wanted(metric, [pod(200), pod(200)])).toBe(4);
    expect(wanted(metric, [pod(50), pod(50)])).toBe(1);
  });

  it('leaves replicas where the ratio is within a tenth of 1', () => {
    const metric: HpaMetric = { type: 'Pods', targetMilli: 1000 };
    expect([wanted(metric, [pod(1100)]), wanted(metric, [pod(900)]), wanted(metric, [pod(1101)])]).toEqual([
      1, 1, 2,
    ]);
  });

  it('asks for 7 replicas where the walkthrough has one pod at 305 % of a target of 50 %', () => {
    expect(wanted(CPU, [pod(3050)])).toBe(7);
  });

  it('leaves out pods that end, and sets those aside that are pending or without a sample', () => {
    const ending = pod(1000, { isTerminating: true });
    expect(wanted(CPU, [pod(500), ending], 1)).toBe(1);
    // Up: a pending pod counts as idle, so 900 m over two pods is 45 %.
    expect(wanted(CPU, [pod(900), pod(undefined, { isPending: true })])).toBe(2);
    // Down: a pod without a sample counts with its whole request, so 100 m and 1000 m are 55 %.
    expect(wanted(CPU, [pod(100), pod(undefined)])).toBe(2);
  });

  it('sets a young pod aside until one window of its CPU lies after it became ready', () => {
    const young = { startedAt: NOW - 60, readinessChangedAt: NOW - 10 };
    // As if it were idle: (1000 + 0) / 2 is the target.
    expect(wanted(CPU, [pod(1000), pod(1000, young)])).toBe(2);
    expect(wanted(CPU, [pod(1000), pod(1000, { ...young, readinessChangedAt: NOW - 15 })])).toBe(4);
  });

  it('divides an external metric with an average value by the target, whatever pods are ready', () => {
    const external = (milli: number | undefined): HpaMetric => ({
      type: 'External',
      targetMilli: 3200,
      milli,
    });
    expect(wanted(external(32_000), [pod(0)], 4)).toBe(10);
    expect(wanted(external(13_000), [pod(0)], 4)).toBe(4);
    expect(wanted(external(undefined), [pod(0)], 4)).toBeUndefined();
  });
});

const FAST: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 900, periodSeconds: 60 }],
};

/** A controller whose one metric asks for as many replicas as it is told. */
class Told {
  readonly controller: HpaController;
  replicas: number;

  constructor(replicas: number, behavior?: ScalingBehavior, limits = { minReplicas: 1, maxReplicas: 1000 }) {
    this.replicas = replicas;
    this.controller = new HpaController({ ...limits, behavior }, { ...HPA_DEFAULTS, tolerance: 0 });
  }

  sync(now: number, wants: number | undefined): number {
    const milli = wants === undefined ? undefined : wants * 1000;
    const target = { current: this.replicas, present: this.replicas, pods: [] };
    this.replicas = this.controller.sync(now, [{ type: 'External', targetMilli: 1000, milli }], target);
    return this.replicas;
  }
}

describe('scaling behavior', () => {
  it("scales down by the documentation's example of 4 pods or 10 % a minute", () => {
    // "at 80 replicas … scale down … 8 replicas … 72 … 8 … 64 … down to 40, where 4 pods are removed".
    const told = new Told(80, {
      scaleUp: FAST,
      scaleDown: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 60 },
          { type: 'Percent', value: 10, periodSeconds: 60 },
        ],
      },
    });
    const seen = Array.from({ length: 10 }, (_, minute) => told.sync(minute * 61, 10));
    expect(seen).toEqual([72, 64, 57, 51, 45, 40, 36, 32, 28, 24]);
  });

  it('changes nothing more within the period of a policy that is used up', () => {
    const rules: ScalingRules = { ...FAST, policies: [{ type: 'Pods', value: 4, periodSeconds: 60 }] };
    const told = new Told(10, { scaleUp: rules, scaleDown: FAST });
    expect([0, 15, 30, 45, 61].map((now) => told.sync(now, 100))).toEqual([14, 14, 14, 14, 18]);
  });

  it('does not scale in a direction that is disabled, and by the smallest change where that is asked for', () => {
    const rules: ScalingRules = {
      ...FAST,
      selectPolicy: 'Min',
      policies: [
        { type: 'Pods', value: 3, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    };
    const told = new Told(10, { scaleUp: rules, scaleDown: { ...FAST, selectPolicy: 'Disabled' } });
    expect([told.sync(0, 50), told.sync(20, 1)]).toEqual([13, 13]);
  });

  it('goes down to the highest recommendation of the window, up to the lowest', () => {
    const up = { ...FAST, stabilizationWindowSeconds: 30 };
    const down = {
      ...FAST,
      stabilizationWindowSeconds: 60,
      policies: [{ type: 'Percent', value: 100, periodSeconds: 15 } as const],
    };
    const told = new Told(10, { scaleUp: up, scaleDown: down });
    expect([0, 20, 40].map((now) => told.sync(now, 20))).toEqual([10, 10, 20]);
    expect([55, 70, 90, 101].map((now) => told.sync(now, now === 70 ? 9 : 5))).toEqual([20, 20, 20, 9]);
  });

  it('without rules doubles or goes to 4, and waits five minutes before it goes down', () => {
    const told = new Told(1);
    expect([0, 15, 30].map((now) => told.sync(now, 30))).toEqual([4, 8, 16]);
    expect([45, 330, 331].map((now) => told.sync(now, 2))).toEqual([30, 30, 2]);
  });

  it('keeps to the limits of replicas, even where no metric has a value', () => {
    const told = new Told(1, undefined, { minReplicas: 3, maxReplicas: 5 });
    expect([told.sync(0, undefined), told.sync(15, 50), told.sync(30, undefined)]).toEqual([3, 5, 5]);
  });

  it('leaves a target alone that was scaled to nothing', () => {
    expect(new Told(0).sync(0, 5)).toBe(0);
  });
});
