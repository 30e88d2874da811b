import { z } from 'zod';
import type { Condition } from '../kit/conditions.js';
import type { KubeObject } from '../kit/kube-object.js';
import { readResource, type CustomResource } from './custom-resource.js';
import { MODEL_PRECISIONS } from './speech-model.js';

const specSchema = z.object({
  models: z.array(z.string()).min(1),
  precisions: z.array(z.enum(MODEL_PRECISIONS)).default(['int8']),
  sources: z.array(z.string()).default([]),
  secretName: z.string().optional(),
  storage: z.object({
    claimName: z.string().optional(),
    size: z.union([z.string(), z.number()]).transform(String).optional(),
    storageClassName: z.string().optional(),
    accessMode: z.enum(['ReadWriteMany', 'ReadWriteOnce']).default('ReadWriteMany'),
  }),
  verifyHours: z.number().default(0),
  nodeSelector: z.record(z.string(), z.string()).default({}),
  tolerations: z.array(z.looseObject({})).default([]),
});

export type ModelCacheSpec = z.infer<typeof specSchema>;

export interface CachedModel {
  readonly name: string;
  readonly state: 'Waiting' | 'Fetching' | 'Verified' | 'Failed';
  readonly message?: string;
}

export interface ModelCacheStatus {
  readonly observedGeneration?: number;
  readonly phase?: 'Pending' | 'Fetching' | 'Ready' | 'Failed' | 'Removing';
  readonly claimName?: string;
  readonly modelsReady?: number;
  readonly modelsWanted?: number;
  readonly verifiedAt?: string;
  readonly models?: readonly CachedModel[];
  readonly conditions?: readonly Condition[];
}

/** A ModelCache as the cluster has it. */
export type ModelCache = CustomResource<ModelCacheSpec, ModelCacheStatus>;

/** @throws UnreadableError naming each field at fault */
export function readModelCache(object: KubeObject): ModelCache {
  return readResource<z.output<typeof specSchema>, ModelCacheStatus>(object, specSchema);
}
