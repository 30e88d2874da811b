import { readSpeechModel } from '@parlance/operator/api/speech-model.v1alpha1.schema';
import type { SpeechModel, SpeechModelStatus } from '@parlance/operator/api/speech-model';
import type { KubeObject } from '@parlance/operator/kit/kube-object';
import type { ObservedModel, ObservedPod, PlanSettings, PodLoad } from '@parlance/operator/observe/observed';
import { revisionOf, selectorOf, workloadName } from '@parlance/operator/plan/names';
import { imageOf } from '@parlance/operator/plan/pod-template';

export const NOW = new Date('2026-05-01T12:00:00Z');
export const UID = '11111111-0000-0000-0000-000000000000';

export const SETTINGS: PlanSettings = {
  images: {
    cpu: 'parlance/inference-cpu:1',
    cuda: 'parlance/inference-cuda:1',
    cli: 'parlance/cli:1',
    tts: 'parlance/tts:1',
  },
  appName: 'parlance',
  operatorNamespace: 'parlance-system',
  operatorUrl: 'http://operator:8085',
  metricsNamespaces: ['monitoring'],
  gatewayNamespaces: [],
  otlpEndpoint: undefined,
  telemetry: { PARLANCE_LOG_LEVEL: 'info' },
};

/** A SpeechModel as a test needs it; everything that is not given has the API's defaults. */
export function speechModel(
  spec: object = {},
  status: SpeechModelStatus = {},
  annotations = {},
): SpeechModel {
  return readSpeechModel({
    apiVersion: 'parlance.dev/v1alpha1',
    kind: 'SpeechModel',
    metadata: { name: 'english', namespace: 'voices', uid: UID, generation: 3, annotations },
    spec: { source: { catalogue: 'whisper-base' }, ...spec },
    status,
  });
}

export const revisionFor = (model: SpeechModel): string =>
  revisionOf(model.spec, imageOf(model.spec, SETTINGS));

/** A workload of a model as the cluster would have it. */
export function workload(
  model: SpeechModel,
  revision: string,
  replicas: number,
  { ready = replicas, managers = ['parlance-operator/Apply'], kind = 'Deployment' } = {},
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name: workloadName(model.name, revision),
      namespace: model.namespace,
      uid: `uid-${revision}`,
      resourceVersion: '7',
      creationTimestamp: '2026-05-01T10:00:00Z',
      labels: selectorOf(model.name, revision),
      ownerReferences: [
        { apiVersion: '', kind: 'SpeechModel', name: model.name, uid: UID, controller: true },
      ],
    },
    spec: { replicas },
    status: { readyReplicas: ready },
    replicaManagers: managers,
  };
}

export function pod(revision: string, name: string, rest: Partial<ObservedPod> = {}): ObservedPod {
  return {
    name,
    uid: `uid-${name}`,
    revision,
    isReady: true,
    isTerminating: false,
    problem: undefined,
    isRouted: true,
    deletionCost: 0,
    createdAt: 0,
    load: undefined,
    ...rest,
  };
}

export const podLoad = (streams: number, rest: Partial<PodLoad> = {}): PodLoad => ({
  streams,
  capacity: 10,
  refused: 0,
  jobs: 0,
  queueWaitMs: 0,
  workersLost: 0,
  failed: 0,
  answered: 0,
  finalMs: undefined,
  ...rest,
});

/** What was observed of a model that has nothing yet, but for what is given. */
export function observed(model: SpeechModel, rest: Partial<ObservedModel> = {}): ObservedModel {
  return {
    model,
    children: [],
    foreign: [],
    pods: [],
    cache: undefined,
    offers: { keda: false, podMonitor: false },
    demand: { loadPercent: undefined, lastActiveAt: undefined },
    golden: undefined,
    settings: SETTINGS,
    now: NOW,
    ...rest,
  };
}

/** Kinds and names of objects, as plans are compared by. */
export const namesOf = (objects: readonly KubeObject[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
