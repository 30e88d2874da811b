import { z } from 'zod';
import type { Condition } from '../kit/conditions.js';
import type { KubeObject } from '../kit/kube-object.js';
import { readResource, type CustomResource } from './custom-resource.js';

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
export type VoiceModel = CustomResource<z.infer<typeof specSchema>, VoiceModelStatus>;

/** @throws UnreadableError naming each field at fault */
export function readVoiceModel(object: KubeObject): VoiceModel {
  return readResource<z.output<typeof specSchema>, VoiceModelStatus>(object, specSchema);
}
