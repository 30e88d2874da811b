import { SCALING_DEFAULTS } from '@parlance/scaling';
import type { PodSettings } from './fleet.js';
import { HPA_DEFAULTS, type HpaSettings } from './hpa/pod-usage.js';
import type { BurstSettings, LoadSettings } from './load.js';
import type { DecodeSettings } from './queue-wait.js';

/** Everything that is the same for all policies. */
export interface Scenario {
  readonly load: LoadSettings;
  readonly pod: PodSettings;
  readonly decode: DecodeSettings;
  /** A full pod's share of its CPU request. */
  readonly cpuAtCapacity: number;
  /** So long a start that finds no slot is tried again before it counts as refused. */
  readonly startWaitSeconds: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** How often metrics-server and the adapter of custom metrics read the pods. */
  readonly scrapeSeconds: number;
  readonly hpa: HpaSettings;
}

export interface ScenarioChoices {
  /** Live streams that a pod holds. */
  readonly capacity?: number;
  /** Offered at the busiest hour of a usual day, in full pods. */
  readonly peakPods?: number;
  /** By how much slower pods start than usual. */
  readonly startFactor?: number;
  readonly hours?: number;
  readonly streamSeconds?: number;
  readonly drainSeconds?: number;
  readonly cpuAtCapacity?: number;
  readonly bursts?: Partial<BurstSettings>;
}

/** What bench:crowd finds of whisper-base in 8 bits on two cores. */
export const USUAL_CAPACITY = 4;

/** A day with three bursts of ten times the load, unless chosen otherwise. README.md says where each figure comes from. */
export function scenarioOf(choices: ScenarioChoices = {}): Scenario {
  const { capacity = USUAL_CAPACITY, peakPods = 25, startFactor = 1, cpuAtCapacity = 0.7 } = choices;
  return {
    load: {
      hours: choices.hours ?? 24,
      peakStreams: peakPods * capacity,
      troughShare: 0.3,
      streamSeconds: choices.streamSeconds ?? 240,
      bursts: {
        count: 3,
        factor: 10,
        riseSeconds: 120,
        holdSeconds: 1200,
        fallSeconds: 300,
        ...choices.bursts,
      },
    },
    pod: {
      capacity,
      imageSeconds: 10 * startFactor,
      imageSigma: 0.5,
      loadSeconds: 15 * startFactor,
      loadSigma: 0.3,
      warmUpSeconds: 5 * startFactor,
      probeSeconds: 3,
      discoverySeconds: 1,
      drainSeconds: choices.drainSeconds ?? SCALING_DEFAULTS.drainSeconds,
      createdPerSecond: 20,
    },
    decode: { workers: 1, utilisationAtCapacity: cpuAtCapacity, decodesPerSecond: 0.98 },
    cpuAtCapacity,
    startWaitSeconds: 5,
    minReplicas: 2,
    maxReplicas: 5000,
    scrapeSeconds: 15,
    hpa: HPA_DEFAULTS,
  };
}
