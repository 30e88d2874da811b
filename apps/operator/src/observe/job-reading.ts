import type { KubeObject } from '../kit/kube-object.js';
import type { FetchJob } from '../plan/model-cache.plan.js';
import { podStatus } from './pod-reading.js';

interface JobStatus {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly message?: string;
    readonly lastTransitionTime?: string;
  }[];
}

const NOTE_LIMIT = 1_000;

/** @param pods  of the cache: those of the job say what failed */
export function readJob(object: KubeObject, pods: readonly KubeObject[]): FetchJob {
  const { conditions = [] } = (object.status ?? {}) as JobStatus;
  const ended = conditions.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  const own = pods.filter(({ metadata }) =>
    (metadata.ownerReferences ?? []).some(({ uid }) => uid === object.metadata.uid),
  );
  const said = own.flatMap((pod) => {
    const { initContainerStatuses = [], containerStatuses = [] } = podStatus(pod);
    return [...initContainerStatuses, ...containerStatuses].flatMap(({ state }) =>
      state?.terminated && state.terminated.exitCode !== 0 ? [state.terminated.message ?? ''] : [],
    );
  });
  const state = ended === undefined ? 'Active' : ended.type === 'Complete' ? 'Complete' : 'Failed';
  return {
    object,
    state,
    endedAt: ended?.lastTransitionTime === undefined ? undefined : Date.parse(ended.lastTransitionTime),
    fault:
      state === 'Failed'
        ? (said
            .find((text) => text !== '')
            ?.trim()
            .slice(-NOTE_LIMIT) ?? ended?.message)
        : undefined,
  };
}
