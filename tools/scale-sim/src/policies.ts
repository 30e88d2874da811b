import {
  SCALING_DEFAULTS,
  type DemandSettings,
  type ScalingBehavior,
  type ScalingRules,
} from '@parlance/scaling';
import type { PolicySettings } from './policy.js';

export interface NamedPolicy {
  readonly name: string;
  readonly policy: PolicySettings;
}

/** The CPU share that `kubectl autoscale` and the walkthrough of the Kubernetes documentation take. */
const CPU_TARGET = 50;
/** What a chart of ours set for inference before there was an operator. */
const FORMER_CPU_TARGET = 65;
/** Where a CPU target of 50 % has a full pod use 70 %: all policies keep pods about as full. */
const SAME_FULLNESS = 0.7;

/** What the others are compared with. */
export const REFERENCE: NamedPolicy = {
  name: `CPU ${CPU_TARGET} %`,
  policy: { kind: 'cpu', targetPercent: CPU_TARGET },
};
export const OURS: NamedPolicy = { name: 'capacity (ours)', policy: ours() };
export const CONCURRENCY: NamedPolicy = {
  name: 'concurrency',
  policy: { kind: 'concurrency', targetFraction: SAME_FULLNESS },
};
export const QUEUE_WAIT: NamedPolicy = {
  name: 'queue wait',
  policy: { kind: 'queue-wait', targetFraction: SAME_FULLNESS },
};

export const COMPARED: readonly NamedPolicy[] = [
  REFERENCE,
  { name: `CPU ${FORMER_CPU_TARGET} %`, policy: { kind: 'cpu', targetPercent: FORMER_CPU_TARGET } },
  {
    name: `CPU ${CPU_TARGET} %, our behavior`,
    policy: { kind: 'cpu', targetPercent: CPU_TARGET, behavior: SCALING_DEFAULTS.behavior },
  },
  CONCURRENCY,
  {
    name: 'concurrency, our behavior',
    policy: { kind: 'concurrency', targetFraction: SAME_FULLNESS, behavior: SCALING_DEFAULTS.behavior },
  },
  QUEUE_WAIT,
  OURS,
];

export interface OurChoices {
  readonly targetFraction?: number;
  readonly observeSeconds?: number;
  readonly demand?: Partial<DemandSettings>;
  readonly scaleUp?: Partial<ScalingRules>;
  readonly scaleDown?: Partial<ScalingRules>;
}

/** The operator's policy with its defaults, but for what is chosen otherwise. */
export function ours(choices: OurChoices = {}): PolicySettings {
  const { behavior, demand, ...rest } = SCALING_DEFAULTS;
  const changed: ScalingBehavior = {
    scaleUp: { ...behavior.scaleUp, ...choices.scaleUp },
    scaleDown: { ...behavior.scaleDown, ...choices.scaleDown },
  };
  return {
    kind: 'capacity',
    ...rest,
    targetFraction: choices.targetFraction ?? rest.targetFraction,
    observeSeconds: choices.observeSeconds ?? rest.observeSeconds,
    demand: { ...demand, ...choices.demand },
    behavior: changed,
  };
}
