/** One limit of how fast replicas may change, as in autoscaling/v2 HPAScalingPolicy. */
export interface ScalingLimit {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}

/** One direction of autoscaling/v2 HPAScalingRules; the tolerance as a number, where the API has a quantity. */
export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly ScalingLimit[];
  /** Share by which a metric may miss its target before replicas change; undefined: the cluster's, .1. */
  readonly tolerance?: number;
}

export interface ScalingBehavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

export interface DemandSettings {
  /** How long from the decision to a pod that takes streams: the autoscaler's period, image, model, warm-up. */
  readonly leadSeconds: number;
  /** Growth is measured over so long. */
  readonly growthWindowSeconds: number;
  /** Growth within the window counts beyond so many square roots of the streams: as much comes and goes by chance. */
  readonly chanceFactor: number;
  /** A mean queue wait above this asks for more pods than the streams do. */
  readonly queueWaitLimitSeconds: number;
  /** … at most so many times those that the streams held need. */
  readonly queueWaitMostFactor: number;
}

export interface ScalingDefaults {
  /** Share of a pod's capacity that is to be in use. */
  readonly targetFraction: number;
  /** How often the operator reads the pods. */
  readonly observeSeconds: number;
  /** So long a pod that ends lets its streams go on; its grace period is longer by what its end takes besides. */
  readonly drainSeconds: number;
  readonly demand: DemandSettings;
  readonly behavior: ScalingBehavior;
}

/** How models are scaled where a SpeechModel does not say otherwise. tools/scale-sim chose the figures; docs/scaling.md has them. */
export const SCALING_DEFAULTS: ScalingDefaults = {
  targetFraction: 0.8,
  observeSeconds: 5,
  drainSeconds: 300,
  demand: {
    leadSeconds: 75,
    growthWindowSeconds: 30,
    chanceFactor: 0.5,
    queueWaitLimitSeconds: 0.5,
    queueWaitMostFactor: 2,
  },
  behavior: {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 100, periodSeconds: 15 },
        { type: 'Pods', value: 4, periodSeconds: 15 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: 300,
      selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }],
    },
  },
};
