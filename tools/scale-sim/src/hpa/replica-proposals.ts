import { groupPods, type HpaPod, type HpaSettings } from './pod-usage.js';

/** What one metric of an HPA asks for, as autoscaling/v2 has it. */
export type HpaMetric =
  | { readonly type: 'Cpu'; readonly targetPercent: number; readonly requestMilli: number }
  | { readonly type: 'Pods'; readonly targetMilli: number }
  | { readonly type: 'External'; readonly targetMilli: number; readonly milli: number | undefined };

export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

export interface ScaleTarget {
  /** Replicas asked for, `spec.replicas`. */
  readonly current: number;
  /** Replicas that there are, those that end left out, `status.replicas`. */
  readonly present: number;
  readonly pods: readonly HpaPod[];
}

/** @returns the replicas that the metric asks for; undefined where it has no value */
export function proposeReplicas(
  metric: HpaMetric,
  target: ScaleTarget,
  tolerances: Tolerances,
  now: number,
  settings: HpaSettings,
): number | undefined {
  if (metric.type === 'External') return proposeByTotal(metric, target, tolerances);
  const { usages, unready, missing } = groupPods(target.pods, metric.type === 'Cpu', now, settings);
  if (usages.length === 0) return undefined;
  const total = usages.reduce((sum, milli) => sum + milli, 0);
  const ratio = usageRatio(metric, total, usages.length);
  const isUpBesideUnready = unready > 0 && ratio > 1;
  if (!isUpBesideUnready && missing === 0)
    return isWithin(ratio, tolerances) ? target.current : ceilOf(ratio * usages.length);
  // Pods of which nothing is known count for the direction in which less is done.
  const assumed = ratio < 1 ? missing * fullUsage(metric) : 0;
  const counted = usages.length + (ratio === 1 ? 0 : missing) + (isUpBesideUnready ? unready : 0);
  const cautious = usageRatio(metric, total + assumed, counted);
  const isTurned = (ratio < 1 && cautious > 1) || (ratio > 1 && cautious < 1);
  if (isWithin(cautious, tolerances) || isTurned) return target.current;
  const replicas = ceilOf(cautious * counted);
  const isAgainst = cautious < 1 ? replicas > target.current : replicas < target.current;
  return isAgainst ? target.current : replicas;
}

/** An external metric with an average value: the total is divided by the target, however many pods are ready. */
function proposeByTotal(
  { milli, targetMilli }: Extract<HpaMetric, { type: 'External' }>,
  { present }: ScaleTarget,
  tolerances: Tolerances,
): number | undefined {
  if (milli === undefined) return undefined;
  return isWithin(milli / (targetMilli * present), tolerances) ? present : ceilOf(milli / targetMilli);
}

/** Usage over target, from whole percents and whole thousandths as the controller has them. */
function usageRatio(metric: Exclude<HpaMetric, { type: 'External' }>, total: number, pods: number): number {
  if (metric.type === 'Pods') return Math.floor(total / pods) / metric.targetMilli;
  return Math.floor((total * 100) / (metric.requestMilli * pods)) / metric.targetPercent;
}

function fullUsage(metric: Exclude<HpaMetric, { type: 'External' }>): number {
  if (metric.type === 'Pods') return metric.targetMilli;
  return (metric.requestMilli * Math.max(100, metric.targetPercent)) / 100;
}

function isWithin(ratio: number, { up, down }: Tolerances): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}

function ceilOf(replicas: number): number {
  return Math.min(2 ** 31 - 1, Math.ceil(replicas));
}
