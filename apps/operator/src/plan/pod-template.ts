import { ANNOTATIONS, GROUP, LABELS } from '../api/group.js';
import { modelNameOf, type SpeechModel, type SpeechModelSpec } from '../api/speech-model.js';
import type { ObservedCache, PlanSettings } from '../observe/observed.js';
import { digestOf, quantityOf } from '../kit/server-side-apply.js';
import { labelsOf, selectorOf, workloadName } from './names.js';
import { CONTAINER_SECURITY, POD_SECURITY } from './pod-security.data.js';
import { PROFILES } from './profiles.data.js';
import { fetchContainers, modelFolders, modelVolume } from './model-volume.js';

export const POD_PORTS = { grpc: 50061, ops: 8081 } as const;

/** New streams go elsewhere before the process is told to end. */
const PRE_STOP_SECONDS = 3;
/** What the process needs after its drain: closing, sending telemetry. */
const LEAVE_SECONDS = 12;

/** @returns the image of a model's pods */
export function imageOf(spec: SpeechModelSpec, { images }: PlanSettings): string {
  return (
    spec.image ?? (PROFILES[spec.resources.profile].gpuResource === undefined ? images.cpu : images.cuda)
  );
}

/** @returns the environment that every pod of a revision has, as data of its ConfigMap */
export function environmentOf({ spec }: SpeechModel, settings: PlanSettings): Record<string, string> {
  const profile = PROFILES[spec.resources.profile];
  const cores = Math.max(1, Math.floor(quantityOf(spec.resources.cpu ?? profile.cpu) ?? 1));
  return {
    PARLANCE_GRPC_HOST: '0.0.0.0',
    PARLANCE_GRPC_PORT: String(POD_PORTS.grpc),
    PARLANCE_OPS_HOST: '0.0.0.0',
    PARLANCE_OPS_PORT: String(POD_PORTS.ops),
    ...settings.telemetry,
    PARLANCE_DEFAULT_MODEL: modelNameOf(spec.source),
    PARLANCE_PRECISION: spec.precision,
    PARLANCE_EXECUTION_PROVIDER: profile.gpuResource === undefined ? 'cpu' : 'cuda',
    PARLANCE_DRAIN_MS: String(spec.drainSeconds * 1000),
    // The cores of the pod, not those of its node.
    PARLANCE_WORKERS: String(Math.max(1, Math.floor(cores / 2))),
    PARLANCE_WORKER_THREADS: String(Math.min(2, cores)),
    ...modelFolders(),
  };
}

/** @returns the template of a revision's pods */
export function podTemplate(
  model: SpeechModel,
  revision: string,
  cache: ObservedCache | undefined,
  settings: PlanSettings,
): object {
  const { name, spec } = model;
  const profile = PROFILES[spec.resources.profile];
  const { placement, resources } = spec;
  const gpus =
    profile.gpuResource === undefined ? {} : { [profile.gpuResource]: String(resources.gpus ?? 1) };
  const memory = resources.memory ?? profile.memory;
  const probe = (path: string, rest: object) => ({ httpGet: { path, port: 'ops' }, ...rest });
  return {
    metadata: {
      labels: { ...spec.podLabels, ...labelsOf(model, revision), [LABELS.routed]: 'true' },
      annotations: {
        ...spec.podAnnotations,
        [`${GROUP}/config`]: digestOf(environmentOf(model, settings)),
        [ANNOTATIONS.deletionCost]: '0',
      },
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: PRE_STOP_SECONDS + spec.drainSeconds + LEAVE_SECONDS,
      securityContext: POD_SECURITY,
      ...(spec.serviceAccountName === undefined ? {} : { serviceAccountName: spec.serviceAccountName }),
      ...(placement.priorityClassName === undefined
        ? {}
        : { priorityClassName: placement.priorityClassName }),
      ...(placement.runtimeClassName === undefined ? {} : { runtimeClassName: placement.runtimeClassName }),
      ...(placement.affinity === undefined ? {} : { affinity: placement.affinity }),
      nodeSelector: { ...profile.nodeSelector, ...placement.nodeSelector },
      tolerations: [
        ...(profile.gpuResource === undefined
          ? []
          : [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]),
        ...placement.tolerations,
      ],
      topologySpreadConstraints: [
        spread('kubernetes.io/hostname', name),
        ...(placement.spreadZones ? [spread('topology.kubernetes.io/zone', name)] : []),
      ],
      initContainers: fetchContainers(spec, settings),
      containers: [
        {
          name: 'inference',
          image: imageOf(spec, settings),
          securityContext: CONTAINER_SECURITY,
          ports: Object.entries(POD_PORTS).map(([port, containerPort]) => ({
            name: port,
            containerPort,
            protocol: 'TCP',
          })),
          envFrom: [{ configMapRef: { name: workloadName(name, revision) } }],
          env: spec.env,
          // A model may load for long: that the process answers is all that its start is judged by.
          startupProbe: probe('/healthz', { periodSeconds: 2, failureThreshold: 60 }),
          readinessProbe: probe('/readyz', { periodSeconds: 2, failureThreshold: 2 }),
          livenessProbe: probe('/healthz', { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
          lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } },
          resources: {
            requests: { cpu: resources.cpu ?? profile.cpu, memory, ...gpus },
            limits: { memory, ...gpus },
          },
          volumeMounts: [
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'models', mountPath: '/models', readOnly: true },
          ],
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '1Gi' } }, ...modelVolume(spec, cache)],
    },
  };
}

function spread(topologyKey: string, name: string): object {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selectorOf(name) },
  };
}
