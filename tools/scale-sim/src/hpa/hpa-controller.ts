import type { ScalingBehavior, ScalingLimit, ScalingRules } from '@parlance/scaling';
import type { HpaSettings } from './pod-usage.js';
import { proposeReplicas, type HpaMetric, type ScaleTarget, type Tolerances } from './replica-proposals.js';

export interface HpaSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly behavior?: ScalingBehavior;
}

/** Replicas at a time: recommended, or added or taken away. */
interface Dated {
  readonly at: number;
  readonly replicas: number;
}

/**
 * One HorizontalPodAutoscaler (autoscaling/v2) and what the controller remembers of it, after "Algorithm details" and "Configurable
 * scaling behavior" of https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/.
 */
export class HpaController {
  private recommendations: Dated[] = [];
  private readonly added: Dated[] = [];
  private readonly removed: Dated[] = [];

  constructor(
    private readonly spec: HpaSpec,
    private readonly settings: HpaSettings,
  ) {}

  /** @returns the replicas to have from now on */
  sync(now: number, metrics: readonly HpaMetric[], target: ScaleTarget): number {
    const { minReplicas, maxReplicas, behavior } = this.spec;
    const { current } = target;
    if (this.recommendations.length === 0) this.recommendations.push({ at: now, replicas: current });
    if (current === 0) return 0;
    let replicas = Math.max(minReplicas, Math.min(maxReplicas, current));
    if (replicas === current) {
      const wanted = this.wantedBy(metrics, target, now);
      if (wanted === undefined) return current;
      replicas = behavior
        ? this.withBehavior(now, behavior, current, wanted)
        : this.without(now, current, wanted);
    }
    this.noteChange(now, current, replicas);
    return replicas;
  }

  /** The most that a metric asks for; where one has no value, the others may only raise. */
  private wantedBy(metrics: readonly HpaMetric[], target: ScaleTarget, now: number): number | undefined {
    const proposals = metrics.map((metric) =>
      proposeReplicas(metric, target, this.tolerances(), now, this.settings),
    );
    const known = proposals.filter((proposal) => proposal !== undefined);
    const most = Math.max(...known);
    if (known.length === 0 || (known.length < proposals.length && most < target.current)) return undefined;
    return most;
  }

  private tolerances(): Tolerances {
    const { tolerance } = this.settings;
    const { scaleUp, scaleDown } = this.spec.behavior ?? {};
    return { up: scaleUp?.tolerance ?? tolerance, down: scaleDown?.tolerance ?? tolerance };
  }

  /** Without `behavior`: scaled down by the highest recommendation of the window, up to twice the replicas or to 4. */
  private without(now: number, current: number, wanted: number): number {
    const since = now - this.settings.downscaleStabilizationSeconds;
    this.recommendations = this.recommendations.filter(({ at }) => at >= since);
    const stabilized = Math.max(wanted, ...this.recommendations.map(({ replicas }) => replicas));
    this.recommendations.push({ at: now, replicas: wanted });
    const most = Math.min(this.spec.maxReplicas, Math.max(2 * current, 4));
    return Math.min(most, Math.max(this.spec.minReplicas, stabilized));
  }

  private withBehavior(now: number, behavior: ScalingBehavior, current: number, wanted: number): number {
    const stabilized = this.stabilized(now, behavior, current, wanted);
    if (stabilized > current) {
      const limit = Math.max(current, this.limitOf(now, behavior.scaleUp, current, 1));
      return Math.min(stabilized, limit, this.spec.maxReplicas);
    }
    if (stabilized < current) {
      const limit = Math.min(current, this.limitOf(now, behavior.scaleDown, current, -1));
      return Math.max(stabilized, limit, this.spec.minReplicas);
    }
    return current;
  }

  /** No further up than the lowest, no further down than the highest recommendation of that direction's window. */
  private stabilized(
    now: number,
    { scaleUp, scaleDown }: ScalingBehavior,
    current: number,
    wanted: number,
  ): number {
    const [up, down] = [scaleUp.stabilizationWindowSeconds, scaleDown.stabilizationWindowSeconds];
    this.recommendations = this.recommendations.filter(({ at }) => at > now - Math.max(up, down));
    let [lowest, highest] = [wanted, wanted];
    for (const { at, replicas } of this.recommendations) {
      if (at > now - up) lowest = Math.min(lowest, replicas);
      if (at > now - down) highest = Math.max(highest, replicas);
    }
    this.recommendations.push({ at: now, replicas: wanted });
    return Math.min(Math.max(current, lowest), highest);
  }

  /** How far the rules let replicas go in one direction, by what has changed in each policy's period. */
  private limitOf(now: number, rules: ScalingRules, current: number, sign: 1 | -1): number {
    if (rules.selectPolicy === 'Disabled') return current;
    const limits = rules.policies.map((policy) => {
      const start = current - this.changeWithin(now, policy);
      return policy.type === 'Pods' ? start + sign * policy.value : percentLimit(start, policy.value, sign);
    });
    const isMost = (rules.selectPolicy === 'Max') === sign > 0;
    return isMost ? Math.max(...limits) : Math.min(...limits);
  }

  private changeWithin(now: number, { periodSeconds }: ScalingLimit): number {
    const sum = (changes: readonly Dated[]): number =>
      changes.reduce((total, { at, replicas }) => (at > now - periodSeconds ? total + replicas : total), 0);
    return sum(this.added) - sum(this.removed);
  }

  private noteChange(now: number, current: number, replicas: number): void {
    const { behavior } = this.spec;
    if (replicas === current || !behavior) return;
    const [changes, rules] =
      replicas > current ? [this.added, behavior.scaleUp] : [this.removed, behavior.scaleDown];
    const since = now - Math.max(...rules.policies.map(({ periodSeconds }) => periodSeconds));
    const change = { at: now, replicas: Math.abs(replicas - current) };
    // The controller writes over one change that its own direction needs no more, though the other's period may be longer.
    const outdated = changes.findLastIndex(({ at }) => at < since);
    if (outdated >= 0) changes[outdated] = change;
    else changes.push(change);
  }
}

/** Rounded up on the way up, so that one pod can become two, and down on the way down. */
function percentLimit(start: number, percent: number, sign: 1 | -1): number {
  const limit = start * (1 + (sign * percent) / 100);
  return sign > 0 ? Math.ceil(limit) : Math.trunc(limit);
}
