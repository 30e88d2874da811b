import { conditionsIn } from '../kit/conditions.js';
import type { KubeObject } from '../kit/kube-object.js';
import type { ObservedCache } from './observed.js';

/** @returns what a ModelCache says of itself to those that read it */
export function readCache(object: KubeObject): ObservedCache {
  const spec = (object.spec ?? {}) as { readonly models?: readonly string[] };
  const status = (object.status ?? {}) as { readonly claimName?: string };
  const ready = conditionsIn(object.status).find(({ type }) => type === 'Ready');
  return {
    isReady: ready?.status === 'True' && object.metadata.deletionTimestamp === undefined,
    claimName: status.claimName,
    reason: ready?.reason ?? 'Pending',
    message: ready?.message ?? `ModelCache ${object.metadata.name} has not been looked at yet`,
    models: spec.models ?? [],
  };
}
