import { findModel } from '@parlance/models';
import { LABELS } from '../api/group.js';
import { modelNameOf, type SpeechModel, type SpeechModelStatus } from '../api/speech-model.js';
import type { KubeObject } from '../kit/kube-object.js';
import type { ObservedModel } from '../observe/observed.js';
import { autoscaler, scaledBy } from './autoscaling.js';
import { podPatches, podsFor, zeroDecision } from './demand.js';
import type { Stall } from './findings.js';
import { revisionOf } from './names.js';
import { availability, networkPolicy, services } from './networking.js';
import type { Plan } from './plan.js';
import { imageOf } from './pod-template.js';
import { isRecorded, recordedObjects, revisionRecord } from './revision-record.js';
import { isUnderWay, nextRollout, type RolloutDecision } from './rollout.js';
import { stalledStatus, statusOf, trafficOf } from './speech-model.status.js';
import {
  liveWorkload,
  revisionObjects,
  workloadKind,
  workloadReference,
  type LiveWorkload,
} from './workload.js';

/** Decides what to do for a SpeechModel. Reads nothing but its argument: docs/operator.md lists the cases. */
export function planSpeechModel(observed: ObservedModel): Plan<SpeechModelStatus> {
  const { model, pods, settings, now } = observed;
  const workloads = liveWorkloads(observed);
  const wanted = revisionOf(model.spec, imageOf(model.spec, settings));
  const stall = stallOf(observed);
  // A model that cannot be served as it is now asked for goes on as it was.
  const decision = nextRollout({
    settings: model.spec.rollout,
    wanted,
    stable: stableRevision(observed, workloads, wanted),
    status: model.status.rollout,
    workloads,
    pods,
    golden: observed.golden,
    now,
  });
  if (stall) return stalledPlan(observed, workloads, stall);
  const stable = workloads.find(({ revision }) => revision === decision.stable);
  const zero = observed.offers.keda
    ? { replicas: undefined, idleSince: undefined, againMs: undefined }
    : zeroDecision(model, stable, observed.demand, now);
  const isCurrent = decision.stable === wanted;
  const apply = wantedObjects(observed, decision, stable, workloads, isCurrent);
  const isIdle = model.spec.replicas.min === 0 && stable?.replicas === 0 && zero.replicas !== 1;
  return {
    apply,
    remove: leftOver(observed, apply, isCurrent ? undefined : decision.stable),
    scale: scaleOf(
      observed,
      decision.stable,
      stable,
      isCurrent ? zero.replicas : (zero.replicas ?? fixedReplicas(observed)),
    ),
    pods: drains(observed, decision.stable),
    check: checkOf(model, decision),
    status: statusOf(observed, decision, stable, { isIdle, idleSince: zero.idleSince }),
    events: decision.events,
    againMs: least(decision.againMs, zero.againMs),
  };
}

/** The revision that serves: as status says, unless its workload has gone and there is no record of what it was made of: the one that
 *  is asked for serves then. */
function stableRevision(
  { model, children }: ObservedModel,
  workloads: readonly LiveWorkload[],
  wanted: string,
): string | undefined {
  const { status } = model;
  const { stableRevision: said } = status;
  if (said === wanted || workloads.some(({ revision }) => revision === said)) return said;
  if (said !== undefined && isRecorded(model, said, children)) return said;
  const candidate = status.rollout && isUnderWay(status.rollout.phase) ? status.rollout.revision : undefined;
  // Status was lost: the oldest workload that is no candidate serves.
  return workloads
    .filter(({ revision }) => revision !== candidate)
    .sort((a, b) => age(a.object) - age(b.object))[0]?.revision;
}

const age = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '') || 0;

function liveWorkloads({ model, children }: ObservedModel): LiveWorkload[] {
  return children
    .filter(({ kind, metadata }) => kind === workloadKind(model).kind && !metadata.deletionTimestamp)
    .flatMap((object) => {
      const revision = object.metadata.labels?.[LABELS.revision];
      return revision === undefined ? [] : [liveWorkload(object, revision)];
    });
}

/** @returns why the model cannot be served as it is asked for, if so */
function stallOf({ model, foreign, cache }: ObservedModel): Stall | undefined {
  const [other] = foreign;
  if (other)
    return {
      reason: 'NameTaken',
      message: `${other.kind} ${other.metadata.name} is not this model's and is left as it is; rename one of them`,
    };
  const { source, cacheName } = model.spec;
  if (source.kind === 'catalogue' || source.kind === 'package') {
    const name = modelNameOf(source);
    const field = source.kind === 'catalogue' ? 'spec.source.catalogue' : 'spec.source.package.model';
    try {
      findModel(name);
    } catch {
      return {
        reason: 'UnknownModel',
        message: `${field}: '${name}' is no model of the catalogue (parlance models ls)`,
      };
    }
  }
  if (cacheName !== undefined && cache && !cache.models.includes(modelNameOf(source)))
    return {
      reason: 'NotInCache',
      message: `spec.cache: ModelCache ${cacheName} does not hold ${modelNameOf(source)}`,
    };
  return undefined;
}

function wantedObjects(
  { model, children, offers, settings, cache }: ObservedModel,
  { stable, candidate, rollout }: RolloutDecision,
  live: LiveWorkload | undefined,
  workloads: readonly LiveWorkload[],
  isCurrent: boolean,
): KubeObject[] {
  // Pods that mount a cache that is not filled would begin with nothing.
  if (model.spec.cacheName !== undefined && !cache?.isReady && !live) return [];
  const traffic = trafficOf(stable, candidate?.revision, rollout?.weight ?? 0);
  const isFixed = scaledBy(model, offers) === 'Fixed';
  const replicas = isFixed ? model.spec.replicas.min : inherited(model, live);
  const current = isCurrent ? revisionObjects(model, stable, replicas, cache, settings) : [];
  const others = workloads.filter(({ revision }) => revision === candidate?.revision);
  return [
    networkPolicy(model, settings),
    ...availability(model, offers),
    ...services(model, stable, traffic),
    // Pods of an older revision stay what they are: what they are made of is no longer asked for.
    ...(isCurrent
      ? [...current, ...revisionRecord(model, stable, current)]
      : (recordedObjects(model, stable, children, replicas) ?? [])),
    ...(candidate
      ? revisionObjects(
          model,
          candidate.revision,
          Math.max(candidate.replicas, others[0]?.replicas ?? 0),
          cache,
          settings,
        )
      : []),
    ...autoscaler(model, stable, offers, settings),
  ];
}

/** The number of pods to name until an autoscaler has named one: to name none would make it one. */
function inherited({ spec }: SpeechModel, live: LiveWorkload | undefined): number | undefined {
  if (!live) return Math.max(1, spec.replicas.min);
  return live.isScaledByOthers ? undefined : live.replicas;
}

/** What the model controls and no longer needs. Objects that others put under its name are no children.
 *  @param kept  an older revision that serves */
function leftOver(
  { children }: ObservedModel,
  apply: readonly KubeObject[],
  kept: string | undefined,
): KubeObject[] {
  if (apply.length === 0) return [];
  const needed = new Set(apply.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  return children.filter(
    ({ kind, metadata }) =>
      !needed.has(`${kind}/${metadata.name}`) &&
      !metadata.deletionTimestamp &&
      (kept === undefined || metadata.labels?.[LABELS.revision] !== kept),
  );
}

/** The number of pods of an older revision that serves, where nobody scales it. */
const fixedReplicas = ({ model, offers }: ObservedModel): number | undefined =>
  scaledBy(model, offers) === 'Fixed' ? model.spec.replicas.min : undefined;

function scaleOf(
  { model }: ObservedModel,
  stable: string,
  live: LiveWorkload | undefined,
  replicas: number | undefined,
): Plan<object>['scale'] {
  if (!live || replicas === undefined || replicas === live.replicas) return [];
  return [{ workload: workloadReference(model, stable), replicas }];
}

function drains({ model, pods, demand, offers }: ObservedModel, stable: string): Plan<object>['pods'] {
  if (scaledBy(model, offers) === 'Fixed') return [];
  const { min, max } = model.spec.replicas;
  const { loadPercent } = demand;
  const wanted =
    loadPercent === undefined
      ? undefined
      : Math.min(max, Math.max(min, podsFor(loadPercent, model.spec.autoscaling.streamsPercent)));
  return podPatches(
    pods.filter(({ revision }) => revision === stable),
    wanted,
  );
}

function checkOf(model: SpeechModel, { isCheckDue, candidate }: RolloutDecision): Plan<object>['check'] {
  const { golden } = model.spec.rollout;
  if (!isCheckDue || !candidate || !golden) return undefined;
  return {
    revision: candidate.revision,
    configMapName: golden.configMapName,
    model: modelNameOf(model.spec.source),
    language: model.spec.language,
  };
}

/** Leaves everything as it is and says why. */
function stalledPlan(
  observed: ObservedModel,
  workloads: readonly LiveWorkload[],
  stall: Stall,
): Plan<SpeechModelStatus> {
  const live = workloads.find(({ revision }) => revision === observed.model.status.stableRevision);
  return {
    apply: [],
    remove: [],
    scale: [],
    pods: [],
    check: undefined,
    status: stalledStatus(observed, live ?? workloads[0], stall),
    // The condition that begins is told as an event by whoever writes the status.
    events: [],
    againMs: STALLED_AGAIN_MS,
  };
}

/** What is in the way may go without a change of anything that is watched. */
const STALLED_AGAIN_MS = 60_000;

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
