import { ANNOTATIONS, LABELS } from '../api/group.js';
import type { SpeechModel } from '../api/speech-model.js';
import type { Demand, ObservedPod } from '../observe/observed.js';
import type { PodPatch } from './plan.js';
import type { LiveWorkload } from './workload.js';

export interface ZeroDecision {
  /** Pods that the stable revision must have now, where the operator decides it. */
  readonly replicas: number | undefined;
  readonly idleSince: string | undefined;
  readonly againMs: number | undefined;
}

/** Decides whether a model that may have no pods has any: none when no stream was held for its idle time, one again when asked. */
export function zeroDecision(
  model: SpeechModel,
  workload: LiveWorkload | undefined,
  { lastActiveAt }: Demand,
  now: Date,
): ZeroDecision {
  const { spec, status, object } = model;
  const none = { replicas: undefined, idleSince: undefined, againMs: undefined };
  if (spec.replicas.min > 0 || !workload) return none;
  const wantedAt = Date.parse(object.metadata.annotations?.[ANNOTATIONS.wantedAt] ?? '') || 0;
  const createdAt = Date.parse(workload.object.metadata.creationTimestamp ?? '') || now.getTime();
  const idleMs = spec.autoscaling.idleSeconds * 1000;
  if (workload.replicas === 0) {
    const since = Date.parse(status.idleSince ?? '') || 0;
    if (wantedAt > since) return { replicas: 1, idleSince: undefined, againMs: undefined };
    return { ...none, idleSince: status.idleSince ?? now.toISOString() };
  }
  // After a start of the operator nothing is known of the time before.
  const activeAt = Math.max(wantedAt, createdAt, lastActiveAt ?? now.getTime());
  const leftMs = activeAt + idleMs - now.getTime();
  return leftMs > 0
    ? { ...none, againMs: leftMs + 1000 }
    : { replicas: 0, idleSince: now.toISOString(), againMs: undefined };
}

/** @returns how many pods the load asks for, at the given use of each */
export function podsFor(loadPercent: number, streamsPercent: number): number {
  return Math.ceil(loadPercent / streamsPercent - 1e-9);
}

/** Decides which pods get new streams, and which go first when there are fewer.
 *  @param wantedPods  undefined: not known, and nothing is drained */
export function podPatches(pods: readonly ObservedPod[], wantedPods: number | undefined): PodPatch[] {
  const present = pods.filter(({ isTerminating }) => !isTerminating);
  const keep = wantedPods === undefined ? present.length : Math.max(1, wantedPods);
  // Those that hold most stay; of those that hold as much, those that drain already go on draining, and the older stay.
  const ranked = [...present].sort(
    (a, b) =>
      Number(b.isReady) - Number(a.isReady) ||
      costOf(b) - costOf(a) ||
      Number(b.isRouted) - Number(a.isRouted) ||
      a.createdAt - b.createdAt,
  );
  return ranked.flatMap((pod, rank) => {
    const isRouted = rank < keep;
    const cost = costOf(pod);
    const labels = isRouted === pod.isRouted ? {} : { labels: { [LABELS.routed]: String(isRouted) } };
    const annotations =
      cost === (pod.deletionCost ?? 0) ? {} : { annotations: { [ANNOTATIONS.deletionCost]: String(cost) } };
    const patch = { name: pod.name, uid: pod.uid, ...labels, ...annotations };
    return 'labels' in patch || 'annotations' in patch ? [patch] : [];
  });
}

/** What it costs to delete a pod: the streams that it holds, as the next power of two, so that it is seldom written anew. */
function costOf({ load }: ObservedPod): number {
  const streams = load?.streams ?? 0;
  return streams <= 0 ? 0 : 2 ** Math.ceil(Math.log2(streams));
}
