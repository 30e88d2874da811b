import type { StreamDemand, ScalingBehavior, ScalingDefaults } from '@parlance/scaling';
import type { HpaMetric } from './hpa/replica-proposals.js';
import type { QueueWait } from './queue-wait.js';

/** By what replicas are chosen. */
export type PolicySettings =
  /** The share of the CPU request in use, as `kubectl autoscale --cpu` sets up. */
  | { readonly kind: 'cpu'; readonly targetPercent: number; readonly behavior?: ScalingBehavior }
  /** Streams held per pod, over its capacity: a Pods metric. */
  | { readonly kind: 'concurrency'; readonly targetFraction: number; readonly behavior?: ScalingBehavior }
  /** Mean wait for a worker, a Pods metric; its target is the wait of a pod that is so full. */
  | { readonly kind: 'queue-wait'; readonly targetFraction: number; readonly behavior?: ScalingBehavior }
  /** Ours: what the operator serves as an external metric. */
  | ({ readonly kind: 'capacity' } & ScalingDefaults)
  /** As many pods as there are at the beginning. */
  | { readonly kind: 'fixed'; readonly replicas: number };

export interface ServedPod {
  readonly isServing: boolean;
  /** Streams held, on average since the last sample. */
  readonly meanHeld: number;
  readonly held: number;
}

/** A pod's share of its CPU request while a model loads and warms up. */
const CPU_WHILE_STARTING = 1;
/** A pod's CPU request in thousandths of a core; only shares of it count. */
const CPU_REQUEST_MILLI = 2000;

/** What each policy's metric of one pod is, in thousandths. */
export function podSampleMilli(
  policy: PolicySettings,
  pod: ServedPod,
  wait: QueueWait,
  cpuAtCapacity: number,
): number | undefined {
  switch (policy.kind) {
    case 'cpu': {
      const share = pod.isServing ? (cpuAtCapacity * pod.meanHeld) / wait.capacity : CPU_WHILE_STARTING;
      return Math.round(CPU_REQUEST_MILLI * share);
    }
    case 'concurrency':
      return pod.isServing ? 1000 * pod.held : undefined;
    case 'queue-wait':
      return pod.isServing ? Math.round(1000 * wait.meanSeconds(pod.held)) : undefined;
    default:
      return undefined;
  }
}

/** The metrics of a policy's HPA, with their targets. */
export function hpaMetrics(policy: PolicySettings, wait: QueueWait, demand?: StreamDemand): HpaMetric[] {
  const { capacity } = wait;
  switch (policy.kind) {
    case 'cpu':
      return [{ type: 'Cpu', targetPercent: policy.targetPercent, requestMilli: CPU_REQUEST_MILLI }];
    case 'concurrency':
      return [{ type: 'Pods', targetMilli: Math.round(1000 * policy.targetFraction * capacity) }];
    case 'queue-wait':
      return [
        { type: 'Pods', targetMilli: Math.round(1000 * wait.meanSeconds(policy.targetFraction * capacity)) },
      ];
    case 'capacity': {
      const wanted = demand?.wantedStreams();
      const milli = wanted === undefined ? undefined : Math.round(1000 * wanted);
      return [{ type: 'External', targetMilli: Math.round(1000 * policy.targetFraction * capacity), milli }];
    }
    case 'fixed':
      return [];
  }
}
