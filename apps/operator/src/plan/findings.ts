import type { SpeechModelStatus, SpeechModel } from '../api/speech-model.js';
import type { Finding } from '../kit/conditions.js';
import type { ObservedCache, ObservedPod } from '../observe/observed.js';
import { isFetchedByPods } from './model-volume.js';
import { isUnderWay } from './rollout.js';
import type { LiveWorkload } from './workload.js';

/** Why nothing can be done for an object until somebody changes something. */
export interface Stall {
  readonly reason: string;
  readonly message: string;
}

/** @returns whether the model's pods serve */
export function readyFinding(
  { spec }: SpeechModel,
  workload: LiveWorkload | undefined,
  pods: readonly ObservedPod[],
  stall: Stall | undefined,
  isIdle: boolean,
): Finding {
  const type = 'Ready';
  if (!workload) {
    if (stall) return { type, status: 'False', ...stall };
    return { type, status: 'False', reason: 'Creating', message: 'its pods are being made' };
  }
  if (isIdle)
    return {
      type,
      status: 'True',
      reason: 'ScaledToZero',
      message: 'nobody speaks; a request brings a pod back',
    };
  const least = Math.max(1, spec.replicas.min);
  const { readyReplicas: ready } = workload;
  if (ready >= least)
    return { type, status: 'True', reason: 'PodsReady', message: `${ready} pods are ready` };
  const problem = pods.find(({ revision, problem }) => revision === workload.revision && problem)?.problem;
  return {
    type,
    status: 'False',
    reason: problem?.reason ?? 'PodsNotReady',
    message: `${ready} of at least ${least} pods are ready${problem ? `: ${problem.message}` : ''}`,
  };
}

export function reconcilingFinding(
  rollout: SpeechModelStatus['rollout'],
  workload: LiveWorkload | undefined,
): Finding {
  const type = 'Reconciling';
  if (rollout && isUnderWay(rollout.phase))
    return { type, status: 'True', reason: rollout.phase, message: rollout.message };
  if (!workload || workload.readyReplicas < workload.replicas)
    return { type, status: 'True', reason: 'Progressing', message: 'pods are being made or are starting' };
  return { type, status: 'False', reason: 'Steady', message: 'the cluster has what is asked for' };
}

export function stalledFinding(stall: Stall | undefined, rollout: SpeechModelStatus['rollout']): Finding {
  const type = 'Stalled';
  if (stall) return { type, status: 'True', ...stall };
  if (rollout?.phase === 'RolledBack')
    return { type, status: 'True', reason: 'RolledBack', message: rollout.message };
  return { type, status: 'False', reason: 'NotStalled', message: 'nothing is in the way' };
}

export function cachedFinding({ spec }: SpeechModel, cache: ObservedCache | undefined): Finding {
  const type = 'ModelCached';
  if (spec.source.kind === 'volume')
    return { type, status: 'True', reason: 'OnVolume', message: `it lies on ${spec.source.claimName}` };
  if (isFetchedByPods(spec))
    return {
      type,
      status: 'Unknown',
      reason: 'FetchedByPods',
      message: 'each pod fetches it; name a cache in spec.cache',
    };
  if (!cache)
    return {
      type,
      status: 'False',
      reason: 'NoSuchCache',
      message: `there is no ModelCache ${spec.cacheName}`,
    };
  return { type, status: cache.isReady ? 'True' : 'False', reason: cache.reason, message: cache.message };
}
