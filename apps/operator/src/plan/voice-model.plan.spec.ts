import { describe, expect, it } from '@jest/globals';
import { readVoiceModel, type VoiceModelStatus } from '../api/voice-model.v1alpha1.schema.js';
import type { KubeObject } from '../kit/kube-object.js';
import type { ObservedCache } from '../observe/observed.js';
import { namesOf, NOW, SETTINGS, UID } from '../../../../test/support/operator-plan-factory.js';
import { planVoiceModel, type ObservedVoice } from './voice-model.plan.js';

const CACHE: ObservedCache = {
  isReady: true,
  claimName: 'models',
  reason: 'Cached',
  message: '',
  models: ['piper'],
};

function observed(spec: object = {}, rest: Partial<ObservedVoice> = {}): ObservedVoice {
  const voice = readVoiceModel({
    apiVersion: 'parlance.dev/v1alpha1',
    kind: 'VoiceModel',
    metadata: { name: 'english', namespace: 'voices', uid: UID, generation: 3 },
    spec: { engine: 'local', secretName: 'parlance', ...spec },
    status: {},
  });
  return { voice, children: [], foreign: [], cache: undefined, settings: SETTINGS, now: NOW, ...rest };
}

const child = (kind: string, name: string, rest: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'voices' },
  ...rest,
});
const deployment = (replicas: number, readyReplicas: number): KubeObject =>
  child('Deployment', 'voice-english', { spec: { replicas }, status: { readyReplicas } });

const found = (objects: readonly KubeObject[], kind: string): KubeObject => {
  const object = objects.find((each) => each.kind === kind);
  if (!object) throw new Error(`no ${kind} among ${namesOf(objects).join()}`);
  return object;
};
function podOf(objects: readonly KubeObject[]) {
  const { template } = found(objects, 'Deployment').spec as {
    template: {
      spec: {
        terminationGracePeriodSeconds: number;
        volumes: Record<string, unknown>[];
        containers: Record<string, unknown>[];
      };
    };
  };
  return { ...template.spec, container: template.spec.containers[0]! };
}
const conditionsOf = ({ conditions = [] }: VoiceModelStatus) =>
  Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));

describe('planVoiceModel: the objects of a voice', () => {
  it('are its settings, service, network policy and pods, under a name that no model has', () => {
    const { apply, remove } = planVoiceModel(observed());
    expect(namesOf(apply)).toEqual([
      'ConfigMap/voice-english',
      'Service/voice-english',
      'PodDisruptionBudget/voice-english',
      'NetworkPolicy/voice-english',
      'Deployment/voice-english',
    ]);
    expect(remove).toEqual([]);
    for (const { metadata } of apply)
      expect(metadata.ownerReferences).toEqual([expect.objectContaining({ uid: UID, controller: true })]);
  });

  it('lose what is no longer wanted', () => {
    const old = child('Ingress', 'voice-english');
    const { remove } = planVoiceModel(observed({}, { children: [deployment(1, 1), old] }));
    expect(remove).toEqual([old]);
  });

  it('say by settings and secrets what the service needs', () => {
    const telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', PARLANCE_TRACE_RATIO: '0.1' };
    const settings = { ...SETTINGS, otlpEndpoint: 'http://collector:4318', telemetry };
    const spec = { engine: 'auto', voice: 'amy', drainSeconds: 40 };
    const { apply } = planVoiceModel(observed(spec, { settings }));
    expect(found(apply, 'ConfigMap').data).toMatchObject({
      PARLANCE_TTS_ENGINE: 'auto',
      PARLANCE_LOCAL_VOICE: 'amy',
      ...telemetry,
      PARLANCE_DRAIN_MS: '40000',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    });
    const { container, terminationGracePeriodSeconds } = podOf(apply);
    expect(terminationGracePeriodSeconds).toBe(55);
    expect(container.env).toContainEqual({
      name: 'NATS_URL',
      valueFrom: { secretKeyRef: { name: 'parlance', key: 'NATS_URL' } },
    });
    expect(container.env).toContainEqual({
      name: 'AWS_ACCESS_KEY_ID',
      valueFrom: { secretKeyRef: { name: 'parlance', key: 'AWS_ACCESS_KEY_ID', optional: true } },
    });
  });

  it('let in the gateways of its namespace where none are named, and whoever reads metrics', () => {
    const from = (name: string) => [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } },
    ];
    const ingressOf = (observation: ObservedVoice) =>
      (found(planVoiceModel(observation).apply, 'NetworkPolicy').spec as { ingress: { from: object[] }[] })
        .ingress;
    expect(ingressOf(observed()).map((rule) => rule.from)).toEqual([from('voices'), from('monitoring')]);
    const settings = { ...SETTINGS, gatewayNamespaces: ['edge'] };
    expect(ingressOf(observed({}, { settings }))[0]!.from).toEqual(from('edge'));
  });

  it('read models of the claim that the voice names, else of its cache', () => {
    const claimOf = (observation: ObservedVoice) => podOf(planVoiceModel(observation).apply).volumes.at(-1);
    const volume = (claimName: string) => ({
      name: 'models',
      persistentVolumeClaim: { claimName, readOnly: true },
    });
    expect(claimOf(observed({ cache: { name: 'shared' } }, { cache: CACHE }))).toEqual(volume('models'));
    expect(claimOf(observed({ claimName: 'own' }, { cache: CACHE }))).toEqual(volume('own'));
    expect(claimOf(observed())).toMatchObject({ name: 'tmp' });
  });

  it('are pods of another template when a setting has changed', () => {
    const annotationsOf = (spec: object) =>
      (
        found(planVoiceModel(observed(spec)).apply, 'Deployment').spec as {
          template: { metadata: { annotations: object } };
        }
      ).template.metadata.annotations;
    expect(annotationsOf({ voice: 'amy' })).not.toEqual(annotationsOf({ voice: 'lessac' }));
    expect(annotationsOf({ voice: 'amy' })).toEqual(annotationsOf({ voice: 'amy', replicas: 4 }));
  });
});

describe('planVoiceModel: what is said of a voice', () => {
  it('is that it is ready when all its pods are', () => {
    const { status } = planVoiceModel(observed({ replicas: 2 }, { children: [deployment(2, 2)] }));
    expect(status).toMatchObject({ observedGeneration: 3, replicas: 2, readyReplicas: 2 });
    expect(status.selector).toBe(
      'app.kubernetes.io/name=parlance,app.kubernetes.io/component=tts,parlance.dev/voice=english',
    );
    expect(conditionsOf(status)).toEqual({
      Ready: 'True PodsReady',
      Reconciling: 'False Steady',
      Stalled: 'False NotStalled',
    });
  });

  it('is how many pods are ready until then', () => {
    const { status } = planVoiceModel(observed({ replicas: 2 }, { children: [deployment(2, 1)] }));
    expect(conditionsOf(status)).toMatchObject({
      Ready: 'False PodsNotReady',
      Reconciling: 'True Progressing',
    });
    expect(status.conditions?.[0]?.message).toBe('1 of 2 pods are ready');
  });

  it('is that it waits for its cache, which its first pods do not start without', () => {
    const spec = { cache: { name: 'shared' } };
    const waiting = planVoiceModel(observed(spec, { cache: { ...CACHE, isReady: false } }));
    expect(waiting.apply).toEqual([]);
    expect(conditionsOf(waiting.status)).toMatchObject({ Ready: 'False WaitingForCache' });
    const running = observed(spec, {
      cache: { ...CACHE, isReady: false },
      children: [deployment(1, 1)],
    });
    expect(planVoiceModel(running).apply).not.toEqual([]);
    expect(conditionsOf(planVoiceModel(running).status)).toMatchObject({ Ready: 'True PodsReady' });
  });

  it('is that a name is taken: what has it is left as it is, and looked at again', () => {
    const other = child('Service', 'voice-english');
    const plan = planVoiceModel(observed({}, { foreign: [other] }));
    expect(plan.apply).toEqual([]);
    expect(plan.remove).toEqual([]);
    expect(plan.againMs).toBe(60_000);
    expect(conditionsOf(plan.status)).toEqual({
      Ready: 'False NameTaken',
      Reconciling: 'False Progressing',
      Stalled: 'True NameTaken',
    });
  });
});
