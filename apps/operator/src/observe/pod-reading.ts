import { ANNOTATIONS, LABELS } from '../api/group.js';
import type { KubeObject } from '../kit/kube-object.js';
import type { ObservedPod, PodLoad } from './observed.js';

export interface ContainerStatus {
  readonly name: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string };
  };
}

export interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly podIP?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

export const podStatus = (pod: KubeObject): PodStatus => (pod.status ?? {}) as PodStatus;

export function isPodReady(pod: KubeObject): boolean {
  return (podStatus(pod).conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Reasons for which a container waits that are no fault. */
const ORDINARY = new Set(['ContainerCreating', 'PodInitializing']);

/** @returns why a pod does not run, as the scheduler or its node says */
export function podProblem(pod: KubeObject): ObservedPod['problem'] {
  const { conditions = [], containerStatuses = [], initContainerStatuses = [] } = podStatus(pod);
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled)
    return { reason: unscheduled.reason ?? 'Unschedulable', message: unscheduled.message ?? '' };
  for (const { name, state } of [...initContainerStatuses, ...containerStatuses]) {
    const { waiting, terminated } = state ?? {};
    if (waiting?.reason !== undefined && !ORDINARY.has(waiting.reason))
      return { reason: waiting.reason, message: `container ${name}: ${waiting.message ?? waiting.reason}` };
    if (terminated && terminated.exitCode !== 0)
      return {
        reason: terminated.reason ?? 'Error',
        message: `container ${name} ended with ${terminated.exitCode}: ${terminated.message ?? ''}`,
      };
  }
  return undefined;
}

/** @param load  what the pod published, where that is fresh */
export function readPod(pod: KubeObject, load: PodLoad | undefined): ObservedPod {
  const {
    name,
    uid = '',
    labels = {},
    annotations = {},
    creationTimestamp,
    deletionTimestamp,
  } = pod.metadata;
  const cost = annotations[ANNOTATIONS.deletionCost];
  return {
    name,
    uid,
    revision: labels[LABELS.revision] ?? '',
    isReady: isPodReady(pod),
    isTerminating: deletionTimestamp !== undefined,
    problem: podProblem(pod),
    isRouted: labels[LABELS.routed] !== 'false',
    deletionCost: cost === undefined ? undefined : Number(cost),
    createdAt: Date.parse(creationTimestamp ?? '') || 0,
    load,
  };
}
