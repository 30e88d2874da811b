import { z } from 'zod';
import type { Condition } from '../kit/conditions.js';
import type { KubeObject } from '../kit/kube-object.js';
import { faultsOf, UnreadableError } from './unreadable-error.js';

const quantity = z.union([z.string(), z.number()]).transform(String);

const specSchema = z.object({
  engine: z.enum(['local', 'polly', 'auto']),
  voice: z.string().optional(),
  cache: z.object({ name: z.string() }).optional(),
  claimName: z.string().optional(),
  secretName: z.string(),
  image: z.string().optional(),
  replicas: z.number().default(1),
  cpu: quantity.default('1'),
  memory: quantity.default('1Gi'),
  drainSeconds: z.number().default(30),
  nodeSelector: z.record(z.string(), z.string()).default({}),
  tolerations: z.array(z.looseObject({})).default([]),
});

export interface VoiceModelStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly selector?: string;
  readonly conditions?: readonly Condition[];
}

/** A VoiceModel as the cluster has it. */
export interface VoiceModel {
  readonly object: KubeObject;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly spec: z.infer<typeof specSchema>;
  readonly status: VoiceModelStatus;
}

/** @throws UnreadableError naming each field at fault */
export function readVoiceModel(object: KubeObject): VoiceModel {
  const parsed = specSchema.safeParse(object.spec);
  if (!parsed.success) throw new UnreadableError(faultsOf(parsed.error));
  return {
    object,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    generation: object.metadata.generation ?? 0,
    spec: parsed.data,
    status: (object.status ?? {}) as VoiceModelStatus,
  };
}
