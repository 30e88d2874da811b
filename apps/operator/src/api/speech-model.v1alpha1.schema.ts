import { SCALING_DEFAULTS } from '@parlance/scaling';
import { z } from 'zod';
import type { KubeObject } from '../kit/kube-object.js';
import { readResource } from './custom-resource.js';
import {
  MODEL_PRECISIONS,
  type SpeechModel,
  type SpeechModelSource,
  type SpeechModelSpec,
  type SpeechModelStatus,
} from './speech-model.js';

const texts = z.record(z.string(), z.string()).default({});
const quantity = z.union([z.string(), z.number()]).transform(String).optional();

const sourceSchema = z
  .object({
    catalogue: z.string().optional(),
    huggingFace: z.object({ id: z.string(), endpoint: z.string().optional() }).optional(),
    package: z
      .object({ registry: z.enum(['python', 'npm']), name: z.string(), model: z.string().optional() })
      .optional(),
    s3: z
      .object({ uri: z.string(), endpoint: z.string().optional(), secretName: z.string().optional() })
      .optional(),
    volume: z.object({ claimName: z.string(), model: z.string() }).optional(),
  })
  .transform((source, context): SpeechModelSource => {
    if (source.catalogue !== undefined) return { kind: 'catalogue', name: source.catalogue };
    if (source.huggingFace)
      return { kind: 'huggingFace', id: source.huggingFace.id, endpoint: source.huggingFace.endpoint };
    if (source.package)
      return { kind: 'package', ...source.package, model: source.package.model ?? source.package.name };
    if (source.s3) {
      const { uri, endpoint, secretName } = source.s3;
      const at = uri.lastIndexOf('/');
      return { kind: 's3', prefix: uri.slice(0, at), model: uri.slice(at + 1), endpoint, secretName };
    }
    if (source.volume) return { kind: 'volume', ...source.volume };
    context.addIssue({
      code: 'custom',
      message: 'name exactly one of catalogue, huggingFace, package, s3, volume',
    });
    return z.NEVER;
  });

const specSchema = z
  .object({
    source: sourceSchema,
    precision: z.enum(MODEL_PRECISIONS).default('int8'),
    language: z.string().optional(),
    image: z.string().optional(),
    resources: z
      .object({
        profile: z.enum(['cpu', 'cpu-large', 'l4', 'a10g', 'a100-mig-1g', 'a100', 'h100']).default('cpu'),
        gpus: z.number().optional(),
        cpu: quantity,
        memory: quantity,
      })
      .prefault({}),
    replicas: z.object({ min: z.number().default(1), max: z.number().optional() }).prefault({}),
    autoscaling: z
      .object({
        streamsPercent: z.number().default(100 * SCALING_DEFAULTS.targetFraction),
        queueWaitMs: z.number().default(1000 * SCALING_DEFAULTS.demand.queueWaitLimitSeconds),
        leadSeconds: z.number().default(SCALING_DEFAULTS.demand.leadSeconds),
        idleSeconds: z.number().default(600),
        scaleDownSeconds: z.number().default(SCALING_DEFAULTS.behavior.scaleDown.stabilizationWindowSeconds),
      })
      .prefault({}),
    placement: z
      .object({
        nodeSelector: texts,
        tolerations: z.array(z.looseObject({})).default([]),
        affinity: z.looseObject({}).optional(),
        priorityClassName: z.string().optional(),
        runtimeClassName: z.string().optional(),
        spreadZones: z.boolean().default(true),
      })
      .prefault({}),
    cache: z.object({ name: z.string() }).optional(),
    warmPool: z
      .object({
        pods: z.number().default(0),
        volume: z
          .object({
            size: z.union([z.string(), z.number()]).transform(String),
            storageClassName: z.string().optional(),
          })
          .optional(),
      })
      .prefault({}),
    rollout: z
      .object({
        strategy: z.enum(['Canary', 'Replace']).default('Canary'),
        weights: z.array(z.number()).default([10, 50]),
        stepSeconds: z.number().default(120),
        deadlineSeconds: z.number().default(900),
        golden: z
          .object({ configMapName: z.string(), maxWordErrorPercent: z.number().default(15) })
          .optional(),
        maxWorkersLost: z.number().default(0),
        maxErrorPercent: z.number().default(2),
        maxLatencyPercent: z.number().default(150),
      })
      .prefault({}),
    drainSeconds: z.number().default(SCALING_DEFAULTS.drainSeconds),
    env: z
      .array(
        z.object({
          name: z.string(),
          value: z.string().optional(),
          valueFrom: z.looseObject({}).optional(),
        }),
      )
      .default([]),
    podLabels: texts,
    podAnnotations: texts,
    serviceAccountName: z.string().optional(),
  })
  .transform(({ cache, warmPool, replicas, resources, placement, rollout, ...rest }): SpeechModelSpec => ({
    ...rest,
    language: rest.language,
    image: rest.image,
    serviceAccountName: rest.serviceAccountName,
    resources: {
      profile: resources.profile,
      gpus: resources.gpus,
      cpu: resources.cpu,
      memory: resources.memory,
    },
    replicas: { min: replicas.min, max: replicas.max ?? Math.max(1, replicas.min) },
    placement: {
      nodeSelector: placement.nodeSelector,
      tolerations: placement.tolerations,
      spreadZones: placement.spreadZones,
      affinity: placement.affinity,
      priorityClassName: placement.priorityClassName,
      runtimeClassName: placement.runtimeClassName,
    },
    cacheName: cache?.name,
    warmPods: warmPool.pods,
    warmVolume: warmPool.volume && {
      size: warmPool.volume.size,
      storageClassName: warmPool.volume.storageClassName,
    },
    rollout: { ...rollout, golden: rollout.golden },
  }));

/** @returns a SpeechModel of parlance.dev/v1alpha1 as the operator works with it @throws UnreadableError naming each field at fault */
export function readSpeechModel(object: KubeObject): SpeechModel {
  return readResource<z.output<typeof specSchema>, SpeechModelStatus>(object, specSchema);
}
