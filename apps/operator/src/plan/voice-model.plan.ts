import { GROUP, LABELS } from '../api/group.js';
import type { VoiceModel, VoiceModelStatus } from '../api/voice-model.v1alpha1.schema.js';
import { conditionsOf, type Finding } from '../kit/conditions.js';
import { KINDS, type Kind } from '../kit/kinds.data.js';
import { ownerReferenceTo, type KubeObject } from '../kit/kube-object.js';
import { digestOf } from '../kit/server-side-apply.js';
import type { ObservedCache, PlanSettings } from '../observe/observed.js';
import type { Plan } from './plan.js';
import { CONTAINER_SECURITY, POD_SECURITY } from './pod-security.data.js';

export interface ObservedVoice {
  readonly voice: VoiceModel;
  readonly children: readonly KubeObject[];
  readonly foreign: readonly KubeObject[];
  readonly cache: ObservedCache | undefined;
  readonly settings: PlanSettings;
  readonly now: Date;
}

const [GRPC, OPS] = [50063, 8083];
const LEAVE_SECONDS = 15;

/** Voices and models have names of their own: a voice may be called as a model is. */
const nameOf = ({ name }: VoiceModel): string => `voice-${name}`;

const selectorOf = ({ name }: VoiceModel): Record<string, string> => ({
  'app.kubernetes.io/name': 'parlance',
  'app.kubernetes.io/component': 'tts',
  [LABELS.voice]: name,
});

/** Decides what to do for a VoiceModel: pods of the speech service with its voices. */
export function planVoiceModel(observed: ObservedVoice): Plan<VoiceModelStatus> {
  const { voice, children, foreign, cache, now } = observed;
  const deployment = children.find(({ kind }) => kind === KINDS.deployment.kind);
  const { replicas = 0 } = (deployment?.spec ?? {}) as { readonly replicas?: number };
  const { readyReplicas = 0 } = (deployment?.status ?? {}) as { readonly readyReplicas?: number };
  const [other] = foreign;
  const waits = voice.spec.cache !== undefined && !cache?.isReady && !deployment;
  const apply = other || waits ? [] : objectsOf(observed);
  const needed = new Set(apply.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const findings = findingsOf(voice, { other, waits, replicas, readyReplicas });
  return {
    apply,
    remove:
      apply.length === 0
        ? []
        : children.filter(({ kind, metadata }) => !needed.has(`${kind}/${metadata.name}`)),
    scale: [],
    pods: [],
    check: undefined,
    events: [],
    againMs: other ? 60_000 : undefined,
    status: {
      observedGeneration: voice.generation,
      replicas,
      readyReplicas,
      selector: Object.entries(selectorOf(voice))
        .map(([label, value]) => `${label}=${value}`)
        .join(),
      conditions: conditionsOf(findings, voice.status.conditions ?? [], voice.generation, now),
    },
  };
}

function findingsOf(
  { spec }: VoiceModel,
  state: {
    readonly other: KubeObject | undefined;
    readonly waits: boolean;
    readonly replicas: number;
    readonly readyReplicas: number;
  },
): Finding[] {
  const { other, waits, replicas, readyReplicas } = state;
  const isReady = readyReplicas >= spec.replicas && replicas === spec.replicas && !waits;
  const ready: Omit<Finding, 'type'> = waits
    ? { status: 'False', reason: 'WaitingForCache', message: `ModelCache ${spec.cache?.name} is not ready` }
    : {
        status: isReady ? 'True' : 'False',
        reason: isReady ? 'PodsReady' : 'PodsNotReady',
        message: `${readyReplicas} of ${spec.replicas} pods are ready`,
      };
  const taken = other && {
    reason: 'NameTaken',
    message: `${other.kind} ${other.metadata.name} is not this voice's and is left as it is; rename one of them`,
  };
  return [
    { type: 'Ready', ...ready, ...(taken && !isReady ? { status: 'False', ...taken } : {}) },
    {
      type: 'Reconciling',
      status: isReady || taken ? 'False' : 'True',
      reason: isReady ? 'Steady' : 'Progressing',
      message: ready.message,
    },
    taken
      ? { type: 'Stalled', status: 'True', ...taken }
      : { type: 'Stalled', status: 'False', reason: 'NotStalled', message: 'nothing is in the way' },
  ];
}

function objectsOf({ voice, cache, settings }: ObservedVoice): KubeObject[] {
  const selector = selectorOf(voice);
  const object = (kind: Kind, content: object): KubeObject => ({
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      name: nameOf(voice),
      namespace: voice.namespace,
      labels: { ...selector, [LABELS.managedBy]: 'parlance-operator' },
      ownerReferences: [ownerReferenceTo(voice.object)],
    },
    ...content,
  });
  const port = (name: string, number: number) => ({ name, port: number, targetPort: name, protocol: 'TCP' });
  const namespace = (name: string) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  });
  const gateways = settings.gatewayNamespaces.length > 0 ? settings.gatewayNamespaces : [voice.namespace];
  return [
    object(KINDS.configMap, { data: environmentOf(voice, settings) }),
    object(KINDS.service, {
      spec: { clusterIP: 'None', selector, ports: [port('grpc', GRPC), port('ops', OPS)] },
    }),
    object(KINDS.disruptionBudget, { spec: { maxUnavailable: 1, selector: { matchLabels: selector } } }),
    object(KINDS.networkPolicy, {
      spec: {
        podSelector: { matchLabels: selector },
        // Message bus, store and Polly lie where the secret says: what goes out is left to the cluster's own rules.
        policyTypes: ['Ingress'],
        ingress: [
          { ports: [{ port: 'grpc', protocol: 'TCP' }], from: gateways.map(namespace) },
          { ports: [{ port: 'ops', protocol: 'TCP' }], from: settings.metricsNamespaces.map(namespace) },
        ],
      },
    }),
    object(KINDS.deployment, { spec: deploymentSpec(voice, cache, settings) }),
  ];
}

function environmentOf({ spec }: VoiceModel, settings: PlanSettings): Record<string, string> {
  return {
    PARLANCE_GRPC_HOST: '0.0.0.0',
    PARLANCE_GRPC_PORT: String(GRPC),
    PARLANCE_OPS_HOST: '0.0.0.0',
    PARLANCE_OPS_PORT: String(OPS),
    ...settings.telemetry,
    PARLANCE_TTS_ENGINE: spec.engine,
    ...(spec.voice === undefined ? {} : { PARLANCE_LOCAL_VOICE: spec.voice }),
    PARLANCE_MODELS: '/models/checkpoints',
    PARLANCE_DRAIN_MS: String(spec.drainSeconds * 1000),
  };
}

function deploymentSpec(voice: VoiceModel, cache: ObservedCache | undefined, settings: PlanSettings): object {
  const { spec } = voice;
  const claimName = spec.claimName ?? cache?.claimName;
  const secret = (key: string, optional: boolean) => ({
    name: key,
    valueFrom: { secretKeyRef: { name: spec.secretName, key, ...(optional ? { optional } : {}) } },
  });
  const probe = (path: string, rest: object) => ({ httpGet: { path, port: 'ops' }, ...rest });
  return {
    replicas: spec.replicas,
    revisionHistoryLimit: 2,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    selector: { matchLabels: selectorOf(voice) },
    template: {
      metadata: {
        labels: { ...selectorOf(voice), [LABELS.managedBy]: 'parlance-operator' },
        annotations: { [`${GROUP}/config`]: digestOf(environmentOf(voice, settings)) },
      },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: spec.drainSeconds + LEAVE_SECONDS,
        securityContext: POD_SECURITY,
        nodeSelector: spec.nodeSelector,
        tolerations: spec.tolerations,
        containers: [
          {
            name: 'tts',
            image: spec.image ?? settings.images.tts,
            securityContext: CONTAINER_SECURITY,
            ports: Object.entries({ grpc: GRPC, ops: OPS }).map(([name, containerPort]) => ({
              name,
              containerPort,
              protocol: 'TCP',
            })),
            envFrom: [{ configMapRef: { name: nameOf(voice) } }],
            env: [
              secret('NATS_URL', false),
              secret('MONGODB_URI', false),
              secret('AWS_ACCESS_KEY_ID', true),
              secret('AWS_SECRET_ACCESS_KEY', true),
            ],
            startupProbe: probe('/healthz', { periodSeconds: 2, failureThreshold: 60 }),
            readinessProbe: probe('/readyz', { periodSeconds: 3, failureThreshold: 2 }),
            livenessProbe: probe('/healthz', { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
            lifecycle: { preStop: { sleep: { seconds: 3 } } },
            resources: { requests: { cpu: spec.cpu, memory: spec.memory }, limits: { memory: spec.memory } },
            volumeMounts: [
              { name: 'tmp', mountPath: '/tmp' },
              ...(claimName === undefined ? [] : [{ name: 'models', mountPath: '/models', readOnly: true }]),
            ],
          },
        ],
        volumes: [
          { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
          ...(claimName === undefined
            ? []
            : [{ name: 'models', persistentVolumeClaim: { claimName, readOnly: true } }]),
        ],
      },
    },
  };
}
