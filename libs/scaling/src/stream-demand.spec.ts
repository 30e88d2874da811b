import { describe, expect, it } from '@jest/globals';
import { SCALING_DEFAULTS, type DemandSettings } from './scaling-defaults.js';
import { StreamDemand, type FleetSample } from './stream-demand.js';

const SETTINGS: DemandSettings = {
  leadSeconds: 60,
  growthWindowSeconds: 30,
  chanceFactor: 0,
  queueWaitLimitSeconds: 0.5,
  queueWaitMostFactor: 2,
};

function demandOf(
  samples: readonly Partial<FleetSample>[],
  settings: Partial<DemandSettings> = {},
): StreamDemand {
  const demand = new StreamDemand({ ...SETTINGS, ...settings });
  for (const [index, sample] of samples.entries())
    demand.note({ at: 10 * index, held: 0, waiting: 0, refused: 0, queueWaitSeconds: 0, ...sample });
  return demand;
}

describe('the demand for streams', () => {
  it('is unknown before the first sample, then what is held and waiting', () => {
    expect(demandOf([]).wantedStreams()).toBeUndefined();
    expect(demandOf([{ held: 100, waiting: 5 }]).wantedStreams()).toBe(105);
  });

  it('adds what comes at the pace of late until a new pod is ready', () => {
    // 20 more in 10 s: 120 in a minute.
    expect(demandOf([{ held: 100 }, { held: 120 }]).wantedStreams()).toBe(240);
  });

  it('counts refused starts as growth: a full fleet holds no more', () => {
    const samples = [
      { held: 40, refused: 7 },
      { held: 40, refused: 27 },
    ];
    expect(demandOf(samples).wantedStreams()).toBe(160);
  });

  it('does not fall below what is held because less comes', () => {
    expect(demandOf([{ held: 200 }, { held: 100 }]).wantedStreams()).toBe(100);
  });

  it('looks back as far as the window, and no further', () => {
    const samples = [{ held: 0 }, { held: 100 }, { held: 100 }, { held: 100 }, { held: 100 }];
    expect(demandOf(samples).wantedStreams()).toBe(100);
    expect(demandOf(samples.slice(0, 4)).wantedStreams()).toBeCloseTo(300, 9);
  });

  it('takes no growth for such that comes and goes by chance', () => {
    const samples = [{ held: 90 }, { held: 100 }];
    expect(demandOf(samples, { chanceFactor: 1 }).wantedStreams()).toBe(100);
    expect(demandOf(samples, { chanceFactor: 0.5 }).wantedStreams()).toBe(130);
  });

  it('grows with a queue wait above its limit, up to a factor', () => {
    expect(demandOf([{ held: 10, queueWaitSeconds: 0.4 }]).wantedStreams()).toBe(10);
    expect(demandOf([{ held: 10, queueWaitSeconds: 0.75 }]).wantedStreams()).toBe(15);
    expect(demandOf([{ held: 10, queueWaitSeconds: 9 }]).wantedStreams()).toBe(20);
  });
});

describe('the defaults', () => {
  it('keep a part of each pod free, and look ahead further than back', () => {
    const { targetFraction, demand, observeSeconds } = SCALING_DEFAULTS;
    expect(targetFraction).toBeGreaterThan(0.5);
    expect(targetFraction).toBeLessThan(1);
    expect(demand.leadSeconds).toBeGreaterThan(demand.growthWindowSeconds);
    expect(demand.growthWindowSeconds).toBeGreaterThanOrEqual(2 * observeSeconds);
  });

  it('are rules that autoscaling/v2 admits', () => {
    for (const { policies, stabilizationWindowSeconds } of Object.values(SCALING_DEFAULTS.behavior)) {
      expect(stabilizationWindowSeconds).toBeLessThanOrEqual(3600);
      for (const { value, periodSeconds } of policies) {
        expect(value).toBeGreaterThan(0);
        expect(periodSeconds).toBeLessThanOrEqual(1800);
      }
    }
  });
});
