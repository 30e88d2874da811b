import { modelNameOf, type SpeechModelStatus } from '../api/speech-model.js';
import { conditionsOf } from '../kit/conditions.js';
import type { ObservedModel } from '../observe/observed.js';
import { scaledBy } from './autoscaling.js';
import { cachedFinding, readyFinding, reconcilingFinding, stalledFinding, type Stall } from './findings.js';
import { selectorOf, workloadName } from './names.js';
import type { TrafficShare } from './networking.js';
import type { RolloutDecision } from './rollout.js';
import { workloadKind, type LiveWorkload } from './workload.js';

/** @returns how new streams are shared, while a revision runs beside the stable one */
export function trafficOf(stable: string, candidate: string | undefined, weight: number): TrafficShare[] {
  if (candidate === undefined) return [{ revision: stable, weight: 100 }];
  return [
    { revision: stable, weight: 100 - weight },
    { revision: candidate, weight },
  ];
}

/** @returns what is said of a model whose plan is executed */
export function statusOf(
  { model, pods, cache, offers, now }: ObservedModel,
  { stable, rollout, candidate }: RolloutDecision,
  live: LiveWorkload | undefined,
  { isIdle, idleSince }: { readonly isIdle: boolean; readonly idleSince: string | undefined },
): SpeechModelStatus {
  const findings = [
    readyFinding(model, live, pods, undefined, isIdle),
    reconcilingFinding(rollout, live),
    stalledFinding(undefined, rollout),
    cachedFinding(model, cache),
  ];
  const selector = Object.entries(selectorOf(model.name, stable));
  return {
    observedGeneration: model.generation,
    model: modelNameOf(model.spec.source),
    replicas: live?.replicas ?? 0,
    readyReplicas: live?.readyReplicas ?? 0,
    selector: selector.map(([name, value]) => `${name}=${value}`).join(','),
    scaledBy: scaledBy(model, offers),
    workload: workloadKind(model).kind,
    stableRevision: stable,
    ...(idleSince === undefined ? {} : { idleSince }),
    traffic: trafficOf(stable, candidate?.revision, rollout?.weight ?? 0).map((share) => ({
      ...share,
      service: workloadName(model.name, share.revision),
    })),
    ...(rollout ? { rollout } : {}),
    conditions: conditionsOf(findings, model.status.conditions ?? [], model.generation, now),
  };
}

/** @returns the status of a model that is left as it is, with the reason */
export function stalledStatus(
  { model, pods, cache, now }: ObservedModel,
  live: LiveWorkload | undefined,
  stall: Stall,
): SpeechModelStatus {
  const findings = [
    readyFinding(model, live, pods, stall, false),
    reconcilingFinding(undefined, live),
    stalledFinding(stall, undefined),
    cachedFinding(model, cache),
  ];
  return {
    ...model.status,
    observedGeneration: model.generation,
    replicas: live?.replicas ?? 0,
    readyReplicas: live?.readyReplicas ?? 0,
    conditions: conditionsOf(findings, model.status.conditions ?? [], model.generation, now),
  };
}
