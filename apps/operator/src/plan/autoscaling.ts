import { SCALING_DEFAULTS } from '@parlance/scaling';
import type { SpeechModel } from '../api/speech-model.js';
import { LABELS } from '../api/group.js';
import { KINDS } from '../kit/kinds.data.js';
import type { KubeObject } from '../kit/kube-object.js';
import type { Offers, PlanSettings } from '../observe/observed.js';
import { owned } from './networking.js';
import { workloadReference } from './workload.js';

/** What decides how many pods a model has. */
export type ScaledBy = 'Fixed' | 'HorizontalPodAutoscaler' | 'ScaledObject';

/** The external metric: load of all pods of a model, in per cent of what one pod holds. */
export const LOAD_METRIC = 'parlance_model_load_percent';

/** @returns who scales a model: nobody where min is max; KEDA where it is, as it then owns the API of external metrics; else the
 *  cluster's own autoscaler by the operator's metrics */
export function scaledBy({ spec }: SpeechModel, offers: Offers): ScaledBy {
  if (spec.replicas.min === spec.replicas.max) return 'Fixed';
  return offers.keda ? 'ScaledObject' : 'HorizontalPodAutoscaler';
}

/** @returns the autoscaler of a model's stable revision */
export function autoscaler(
  model: SpeechModel,
  stable: string,
  offers: Offers,
  settings: PlanSettings,
): KubeObject[] {
  const { apiVersion, kind, name } = workloadReference(model, stable);
  const { replicas, autoscaling } = model.spec;
  const target = String(autoscaling.streamsPercent);
  switch (scaledBy(model, offers)) {
    case 'Fixed':
      return [];
    case 'ScaledObject':
      return [
        owned(model, KINDS.scaledObject, model.name, {
          spec: {
            scaleTargetRef: { apiVersion, kind, name },
            minReplicaCount: replicas.min,
            maxReplicaCount: replicas.max,
            pollingInterval: SCALING_DEFAULTS.observeSeconds,
            cooldownPeriod: autoscaling.idleSeconds,
            advanced: { horizontalPodAutoscalerConfig: { behavior: BEHAVIOUR } },
            triggers: [
              {
                type: 'metrics-api',
                metricType: 'AverageValue',
                metadata: {
                  url: `${settings.operatorUrl}/scaling/${model.namespace}/${model.name}`,
                  valueLocation: 'loadPercent',
                  targetValue: target,
                },
              },
            ],
          },
        }),
      ];
    case 'HorizontalPodAutoscaler':
      return [
        owned(model, KINDS.autoscaler, model.name, {
          spec: {
            scaleTargetRef: { apiVersion, kind, name },
            // Zero is the operator's: an autoscaler does nothing while its target has no pod.
            minReplicas: Math.max(1, replicas.min),
            maxReplicas: replicas.max,
            metrics: [
              {
                type: 'External',
                external: {
                  metric: { name: LOAD_METRIC, selector: { matchLabels: { [LABELS.model]: model.name } } },
                  target: { type: 'AverageValue', averageValue: target },
                },
              },
            ],
            behavior: BEHAVIOUR,
          },
        }),
      ];
  }
}

/** The metric itself falls only when the load has been lower for long enough (`scaleDownSeconds`): the window is not waited for twice. */
const BEHAVIOUR = {
  scaleUp: SCALING_DEFAULTS.behavior.scaleUp,
  scaleDown: { ...SCALING_DEFAULTS.behavior.scaleDown, stabilizationWindowSeconds: 0 },
} as const;
