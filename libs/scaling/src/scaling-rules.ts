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
