import { ClusterError } from '../kit/cluster-error.js';
import { conditionsIn, conditionsOf, type Condition } from '../kit/conditions.js';
import type { KubeObject } from '../kit/kube-object.js';

/** @returns the status of an object whose plan could not be executed, undefined where it is only a matter of trying again */
export function faultStatus(object: KubeObject, error: unknown, now: Date): object | undefined {
  const fault = faultOf(error);
  if (!fault) return undefined;
  const before = conditionsIn(object.status);
  const generation = object.metadata.generation ?? 0;
  const stalled = conditionsOf([{ type: 'Stalled', status: 'True', ...fault }], before, generation, now);
  const others: Condition[] = before.filter(({ type }) => type !== 'Stalled');
  if (!others.some(({ type }) => type === 'Ready'))
    others.unshift(...conditionsOf([{ type: 'Ready', status: 'False', ...fault }], before, generation, now));
  return { ...((object.status ?? {}) as object), conditions: [...others, ...stalled] };
}

function faultOf(error: unknown): { readonly reason: string; readonly message: string } | undefined {
  if (!(error instanceof ClusterError)) return undefined;
  if (error.isForbidden) return { reason: 'Forbidden', message: error.message };
  if (error.isInvalid) return { reason: 'Rejected', message: error.message };
  return undefined;
}

/** @returns the status of an object that cannot be read, which stays as it is */
export function unreadableStatus(object: KubeObject, error: Error, now: Date): object {
  const generation = object.metadata.generation ?? 0;
  const fault = { reason: 'InvalidSpec', message: error.message };
  const conditions = conditionsOf(
    [
      { type: 'Ready', status: 'False', ...fault },
      { type: 'Stalled', status: 'True', ...fault },
    ],
    conditionsIn(object.status),
    generation,
    now,
  );
  return { ...((object.status ?? {}) as object), observedGeneration: generation, conditions };
}
