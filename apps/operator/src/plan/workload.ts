import { FIELD_MANAGER } from '../api/group.js';
import type { SpeechModel } from '../api/speech-model.js';
import { KINDS } from '../kit/kinds.data.js';
import { ownerReferenceTo, type KubeObject, type KubeReference } from '../kit/kube-object.js';
import type { ObservedCache, PlanSettings } from '../observe/observed.js';
import { labelsOf, selectorOf, workloadName } from './names.js';
import { environmentOf, podTemplate } from './pod-template.js';

/** A Deployment or StatefulSet as the cluster has it. */
export interface LiveWorkload {
  readonly object: KubeObject;
  readonly revision: string;
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Somebody else, such as an autoscaler, decides how many pods there are. */
  readonly isScaledByOthers: boolean;
}

/** @returns the kind of a model's workloads: with a volume for each pod, a StatefulSet */
export function workloadKind({ spec }: SpeechModel): typeof KINDS.deployment | typeof KINDS.statefulSet {
  return spec.warmVolume ? KINDS.statefulSet : KINDS.deployment;
}

export function workloadReference(model: SpeechModel, revision: string): KubeReference {
  const { apiVersion, kind } = workloadKind(model);
  return { apiVersion, kind, namespace: model.namespace, name: workloadName(model.name, revision) };
}

/** @returns what the cluster says of a workload that the informer holds */
export function liveWorkload(object: KubeObject, revision: string): LiveWorkload {
  const spec = object.spec as { readonly replicas?: number };
  const status = (object.status ?? {}) as { readonly readyReplicas?: number };
  const managers = (object.replicaManagers ?? []) as readonly string[];
  return {
    object,
    revision,
    replicas: spec.replicas ?? 1,
    readyReplicas: status.readyReplicas ?? 0,
    isScaledByOthers: managers.some((manager) => manager !== `${FIELD_MANAGER}/Apply`),
  };
}

/** @returns the objects that run one revision: its configuration and its pods
 *  @param replicas  undefined: somebody else decides */
export function revisionObjects(
  model: SpeechModel,
  revision: string,
  replicas: number | undefined,
  cache: ObservedCache | undefined,
  settings: PlanSettings,
): KubeObject[] {
  const { name, namespace, spec, object } = model;
  const kind = workloadKind(model);
  const metadata = {
    name: workloadName(name, revision),
    namespace,
    labels: labelsOf(model, revision),
    ownerReferences: [ownerReferenceTo(object)],
  };
  const common = {
    ...(replicas === undefined ? {} : { replicas }),
    revisionHistoryLimit: 2,
    selector: { matchLabels: selectorOf(name, revision) },
    template: podTemplate(model, revision, cache, settings),
  };
  const deployment = {
    progressDeadlineSeconds: Math.max(60, spec.rollout.deadlineSeconds),
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
  };
  const statefulSet = spec.warmVolume && {
    serviceName: workloadName(name, revision),
    podManagementPolicy: 'Parallel',
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' },
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'models' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          ...(spec.warmVolume.storageClassName === undefined
            ? {}
            : { storageClassName: spec.warmVolume.storageClassName }),
          resources: { requests: { storage: spec.warmVolume.size } },
        },
      },
    ],
  };
  return [
    {
      apiVersion: KINDS.configMap.apiVersion,
      kind: KINDS.configMap.kind,
      metadata,
      data: environmentOf(model, settings),
    },
    {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata,
      spec: { ...common, ...(statefulSet ?? deployment) },
    },
  ];
}
