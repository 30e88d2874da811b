import type { z } from 'zod';
import type { KubeObject } from '../kit/kube-object.js';

/** An object of our API group as the operator works with it. */
export interface CustomResource<Spec, Status> {
  readonly object: KubeObject;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly spec: Spec;
  readonly status: Status;
}

/** @throws UnreadableError naming each field at fault */
export function readResource<Spec, Status>(
  object: KubeObject,
  schema: z.ZodType<Spec>,
): CustomResource<Spec, Status> {
  const parsed = schema.safeParse(object.spec);
  if (!parsed.success) throw new UnreadableError(faultsOf(parsed.error));
  return {
    object,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    generation: object.metadata.generation ?? 0,
    spec: parsed.data,
    status: (object.status ?? {}) as Status,
  };
}

/** What an object says that the operator cannot read: it was stored under another schema. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** @returns each field at fault and why, as admission names them */
function faultsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${['spec', ...path].join('.')}: ${message}`).join('; ');
}
