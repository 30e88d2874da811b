import type { KubeObject } from '../kit/kube-object.js';

interface ManagedField {
  readonly manager?: string;
  readonly operation?: string;
  readonly fieldsV1?: { readonly 'f:spec'?: Readonly<Record<string, unknown>> };
}

/** @returns the object without the record of who wrote what, of which only who decides about replicas is needed */
export function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata as KubeObject['metadata'] & {
    readonly managedFields?: readonly ManagedField[];
  };
  const replicaManagers = (managedFields ?? [])
    .filter(({ fieldsV1 }) => fieldsV1?.['f:spec'] && 'f:replicas' in fieldsV1['f:spec'])
    .map(({ manager, operation }) => `${manager}/${operation}`);
  return { ...object, metadata, ...(replicaManagers.length > 0 ? { replicaManagers } : {}) };
}

/** @returns a pod without what its containers are: plans read its labels and how it is */
export function reducedPod(object: KubeObject): KubeObject {
  const { metadata, status } = withoutManagedFields(object);
  const { uid, name, namespace, resourceVersion, creationTimestamp, deletionTimestamp, labels, annotations } =
    metadata;
  const all = (status ?? {}) as Readonly<Record<string, unknown>>;
  const kept = [
    'phase',
    'reason',
    'message',
    'podIP',
    'conditions',
    'containerStatuses',
    'initContainerStatuses',
  ];
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      uid,
      name,
      namespace,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      labels,
      annotations,
      ownerReferences: metadata.ownerReferences,
    },
    status: Object.fromEntries(kept.map((field) => [field, all[field]])),
  };
}
