import { describe, expect, it } from '@jest/globals';
import { SCALING_DEFAULTS } from '@parlance/scaling';
import type { SpeechModel, SpeechModelStatus } from '../api/speech-model.js';
import type { KubeObject } from '../kit/kube-object.js';
import type { ObservedModel } from '../observe/observed.js';
import {
  namesOf,
  NOW,
  observed,
  pod,
  podLoad,
  revisionFor,
  speechModel,
  workload,
} from '../../../../test/support/operator-plan-factory.js';
import { planSpeechModel } from './speech-model.plan.js';

type Spec = Readonly<Record<string, never>> & object;

const plain = speechModel();
const revision = revisionFor(plain);

/** A model whose one revision serves, and what is observed of it. */
function serving(
  spec: object,
  replicas: number,
  rest: Partial<ObservedModel> = {},
  status: SpeechModelStatus = {},
) {
  const asked = speechModel(spec);
  const own = revisionFor(asked);
  const model = speechModel(spec, { stableRevision: own, ...status });
  return { model, own, facts: observed(model, { children: [workload(model, own, replicas)], ...rest }) };
}

const found = (objects: readonly KubeObject[], kind: string): KubeObject => {
  const object = objects.find((each) => each.kind === kind);
  if (!object) throw new Error(`no ${kind} among ${namesOf(objects).join()}`);
  return object;
};
const specOf = (object: KubeObject) => object.spec as Record<string, unknown>;
const podSpecOf = (object: KubeObject) =>
  (specOf(object).template as { spec: Record<string, unknown> & { containers: Record<string, unknown>[] } })
    .spec;
const conditionsOf = ({ status }: { status: SpeechModelStatus }) =>
  Object.fromEntries(
    (status.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]),
  );

const BASE = [
  'NetworkPolicy/english',
  'PodDisruptionBudget/english',
  'Service/english',
  'Service/english-metrics',
];
const ofRevision = (own: string) => [
  `Service/english-${own}`,
  `ConfigMap/english-${own}`,
  `ConfigMap/english-${own}-objects`,
];

describe('planSpeechModel: which objects there are', () => {
  const cases: [string, object, Partial<ObservedModel>, (own: string) => string[]][] = [
    [
      'a fixed number of pods: a Deployment and no autoscaler',
      {},
      {},
      (own) => [...BASE, ...ofRevision(own), `Deployment/english-${own}`],
    ],
    [
      'max above min: an autoscaler of the cluster',
      { replicas: { min: 1, max: 4 } },
      {},
      (own) => [...BASE, ...ofRevision(own), `Deployment/english-${own}`, 'HorizontalPodAutoscaler/english'],
    ],
    [
      'max above min, with KEDA: its ScaledObject',
      { replicas: { min: 0, max: 4 } },
      { offers: { keda: true, podMonitor: false } },
      (own) => [...BASE, ...ofRevision(own), `Deployment/english-${own}`, 'ScaledObject/english'],
    ],
    [
      "Prometheus' operator: a PodMonitor",
      {},
      { offers: { keda: false, podMonitor: true } },
      (own) => [...BASE, 'PodMonitor/english', ...ofRevision(own), `Deployment/english-${own}`],
    ],
    [
      'a warm volume: a StatefulSet',
      { warmPool: { volume: { size: '10Gi' } } },
      {},
      (own) => [...BASE, ...ofRevision(own), `StatefulSet/english-${own}`],
    ],
    ['a cache that is not filled: nothing yet', { cache: { name: 'shared' } }, {}, () => []],
  ];

  it.each(cases)('%s', (_, spec, rest, expected) => {
    const model = speechModel(spec);
    const { apply, remove } = planSpeechModel(observed(model, rest));
    expect(namesOf(apply).sort()).toEqual(expected(revisionFor(model)).sort());
    expect(remove).toEqual([]);
  });

  it('owns every object by reference, and names no cluster-wide one', () => {
    const { apply } = planSpeechModel(observed(speechModel({ replicas: { min: 1, max: 2 } })));
    for (const { metadata } of apply) {
      expect(metadata.ownerReferences).toEqual([
        expect.objectContaining({ uid: plain.object.metadata.uid, controller: true }),
      ]);
      expect(metadata.namespace).toBe('voices');
    }
  });

  it('is the same for the same observation', () => {
    const facts = observed(speechModel({ replicas: { min: 0, max: 9 } }), { pods: [pod(revision, 'a')] });
    expect(planSpeechModel(facts)).toEqual(planSpeechModel(structuredClone(facts)));
  });

  it('removes what it made and no longer needs, and nothing that it does not control', () => {
    const { facts } = serving({}, 1);
    const old: KubeObject = { ...workload(plain, 'x', 1), kind: 'HorizontalPodAutoscaler' };
    const { remove } = planSpeechModel({ ...facts, children: [...facts.children, old] });
    expect(remove).toEqual([old]);
  });

  it('leaves objects under its names alone that are not its own, and says so', () => {
    const { facts } = serving({}, 1);
    const foreign = [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'english' } }];
    const plan = planSpeechModel({ ...facts, foreign });
    expect(plan.apply).toEqual([]);
    expect(plan.remove).toEqual([]);
    expect(conditionsOf(plan)).toMatchObject({ Stalled: 'True NameTaken', Ready: 'True PodsReady' });
  });
});

describe('planSpeechModel: pods', () => {
  const templateOf = (model: SpeechModel, rest: Partial<ObservedModel> = {}) =>
    podSpecOf(planSpeechModel(observed(model, rest)).apply.find(({ kind }) => kind === 'Deployment')!);
  const gpus = (profile: string, count?: number) =>
    templateOf(speechModel({ resources: { profile, gpus: count } })).containers[0]?.resources;

  it.each([
    ['cpu', undefined, { requests: { cpu: '2', memory: '1536Mi' }, limits: { memory: '1536Mi' } }],
    ['l4', undefined, { limits: { memory: '12Gi', 'nvidia.com/gpu': '1' } }],
    ['h100', 2, { requests: { cpu: '8', memory: '32Gi', 'nvidia.com/gpu': '2' } }],
    ['a100-mig-1g', 1, { limits: { memory: '6Gi', 'nvidia.com/mig-1g.5gb': '1' } }],
  ])('profile %s with %s GPUs', (profile, count, expected) => {
    expect(gpus(profile, count)).toMatchObject(expected);
  });

  it('on GPUs run the CUDA image, tolerate their taint and are kept to their product', () => {
    const spec = templateOf(speechModel({ resources: { profile: 'l4' } }));
    expect(spec.containers[0]?.image).toBe('parlance/inference-cuda:1');
    expect(spec.tolerations).toEqual([expect.objectContaining({ key: 'nvidia.com/gpu' })]);
    expect(spec.nodeSelector).toEqual({ 'nvidia.com/gpu.product': 'NVIDIA-L4' });
  });

  it('satisfy the restricted Pod Security standard, and name no Service in their environment', () => {
    const spec = templateOf(plain);
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    for (const container of [...spec.containers, ...(spec.initContainers as Record<string, unknown>[])])
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
  });

  it.each([
    [
      'a catalogue name: fetched before the start',
      { source: { catalogue: 'whisper-base' } },
      ['fetch', 'compile'],
      { emptyDir: {} },
    ],
    [
      'a volume: read only',
      { source: { volume: { claimName: 'models', model: 'own' } } },
      [],
      { persistentVolumeClaim: { claimName: 'models', readOnly: true } },
    ],
    [
      'S3: fetched by its credentials',
      { source: { s3: { uri: 's3://bucket/models/own', secretName: 'aws' } } },
      ['fetch', 'compile'],
      { emptyDir: {} },
    ],
  ])('model from %s', (_, spec, init, volume) => {
    const template = templateOf(speechModel(spec));
    expect((template.initContainers as { name: string }[]).map(({ name }) => name)).toEqual(init);
    expect(template.volumes).toContainEqual({ name: 'models', ...volume });
  });

  it('get as long to end as utterances may last, and what closing takes', () => {
    const template = templateOf(speechModel({ drainSeconds: 90 }));
    expect(template.terminationGracePeriodSeconds).toBeGreaterThan(90 + 10);
    const { apply } = planSpeechModel(observed(speechModel({ drainSeconds: 90 })));
    expect(found(apply, 'ConfigMap').data).toMatchObject({
      PARLANCE_DRAIN_MS: '90000',
      PARLANCE_WORKERS: '1',
    });
  });
});

describe('planSpeechModel: how many pods', () => {
  const auto = { replicas: { min: 2, max: 6 } };
  const replicasOf = (facts: ObservedModel) =>
    specOf(found(planSpeechModel(facts).apply, 'Deployment')).replicas;

  it.each([
    ['fixed: as asked, whatever somebody made of it', { replicas: { min: 3 } }, 5, ['kubectl/Update'], 3],
    ['scaled: its own number until an autoscaler has one', auto, 4, ['parlance-operator/Apply'], 4],
    ['scaled: none once an autoscaler has one', auto, 4, ['kube-controller-manager/Update'], undefined],
  ])('%s', (_, spec, live, managers, expected) => {
    const { model, own, facts } = serving(spec, live);
    expect(replicasOf({ ...facts, children: [workload(model, own, live, { managers })] })).toBe(expected);
  });

  it('gives the autoscaler the target and the limits that the simulation chose, the window apart, which the metric has', () => {
    const { targetFraction, behavior, observeSeconds } = SCALING_DEFAULTS;
    const expected = {
      target: String(100 * targetFraction),
      behavior: { ...behavior, scaleDown: { ...behavior.scaleDown, stabilizationWindowSeconds: 0 } },
    };
    const hpa = specOf(found(planSpeechModel(observed(speechModel(auto))).apply, 'HorizontalPodAutoscaler'));
    expect(hpa).toMatchObject({
      metrics: [{ external: { target: { type: 'AverageValue', averageValue: expected.target } } }],
      behavior: expected.behavior,
    });
    const keda = observed(speechModel(auto), { offers: { keda: true, podMonitor: false } });
    expect(specOf(found(planSpeechModel(keda).apply, 'ScaledObject'))).toMatchObject({
      pollingInterval: observeSeconds,
      advanced: { horizontalPodAutoscalerConfig: { behavior: expected.behavior } },
      triggers: [{ metricType: 'AverageValue', metadata: { targetValue: expected.target } }],
    });
  });

  it('begins with min, and one where min is 0', () => {
    expect(replicasOf(observed(speechModel(auto)))).toBe(2);
    expect(replicasOf(observed(speechModel({ replicas: { min: 0, max: 3 } })))).toBe(1);
  });

  const zero = { replicas: { min: 0, max: 3 }, autoscaling: { idleSeconds: 60 } };
  const ago = (seconds: number) => NOW.getTime() - seconds * 1000;
  it.each([
    ['busy a moment ago: stays', 1, { lastActiveAt: ago(10) }, {}, undefined],
    ['idle for its time: none', 1, { lastActiveAt: ago(61) }, {}, 0],
    [
      'idle, asked for a moment ago: stays',
      1,
      { lastActiveAt: ago(61) },
      { 'parlance.dev/wanted-at': new Date(ago(5)).toISOString() },
      undefined,
    ],
    ['none, asked for since: one', 0, {}, { 'parlance.dev/wanted-at': new Date(ago(5)).toISOString() }, 1],
    [
      'none, asked for before: none',
      0,
      {},
      { 'parlance.dev/wanted-at': new Date(ago(900)).toISOString() },
      undefined,
    ],
  ])('min 0: %s', (_, live, demand, annotations, expected) => {
    const own = revisionFor(speechModel(zero));
    const status = { stableRevision: own, idleSince: new Date(ago(120)).toISOString() };
    const model = speechModel(zero, status, annotations);
    const children = [workload(model, own, live)];
    const { scale } = planSpeechModel(
      observed(model, { children, demand: { loadPercent: 0, lastActiveAt: undefined, ...demand } }),
    );
    expect(scale.map(({ replicas }) => replicas)).toEqual(expected === undefined ? [] : [expected]);
  });

  it('takes pods beyond the load off new streams, the emptiest first, and prices each by its streams', () => {
    const { own, facts } = serving(auto, 4, { demand: { loadPercent: 90, lastActiveAt: 0 } });
    const pods = [3, 0, 7, 0].map((streams, i) =>
      pod(own, `p${i}`, { load: podLoad(streams), createdAt: i }),
    );
    const { pods: patches } = planSpeechModel({ ...facts, pods });
    expect(
      Object.fromEntries(
        patches.map(({ name, labels, annotations }) => [name, { ...labels, ...annotations }]),
      ),
    ).toEqual({
      p0: { 'controller.kubernetes.io/pod-deletion-cost': '4' },
      p1: { 'parlance.dev/routed': 'false' },
      p2: { 'controller.kubernetes.io/pod-deletion-cost': '8' },
      p3: { 'parlance.dev/routed': 'false' },
    });
  });

  it('gives drained pods new streams again when the load grows, and leaves all as it is when nothing is known', () => {
    const { own, facts } = serving(auto, 2);
    const pods = [pod(own, 'a'), pod(own, 'b', { isRouted: false })];
    const grown = planSpeechModel({ ...facts, pods, demand: { loadPercent: 400, lastActiveAt: 0 } });
    expect(grown.pods).toEqual([{ name: 'b', uid: 'uid-b', labels: { 'parlance.dev/routed': 'true' } }]);
    const drained = pods.map((each) => ({ ...each, isRouted: true }));
    expect(planSpeechModel({ ...facts, pods: drained }).pods).toEqual([]);
  });
});

describe('planSpeechModel: while another revision serves', () => {
  const wanted = revisionFor(speechModel({ precision: 'f32' }));
  const beside = (replicas: number) => {
    const model = speechModel({ precision: 'f32', replicas: { min: replicas } }, { stableRevision: 'older' });
    const older: KubeObject = { ...workload(model, 'older', 1), kind: 'ConfigMap' };
    return observed(model, { children: [workload(model, 'older', 1), older] });
  };

  it('leaves its pods and their configuration as they are, and makes the new ones beside them', () => {
    const { apply, remove } = planSpeechModel(beside(1));
    expect(namesOf(apply)).not.toContain('Deployment/english-older');
    expect(namesOf(apply)).toEqual(
      expect.arrayContaining([
        `Deployment/english-${wanted}`,
        `ConfigMap/english-${wanted}`,
        'Service/english-older',
        `Service/english-${wanted}`,
      ]),
    );
    expect(remove).toEqual([]);
  });

  it('goes on scaling them as asked', () => {
    expect(planSpeechModel(beside(3)).scale).toEqual([
      { workload: expect.objectContaining({ kind: 'Deployment', name: 'english-older' }), replicas: 3 },
    ]);
  });

  it('serves the revision that is asked for at once when the other has gone', () => {
    const { model } = beside(1);
    const { status, apply } = planSpeechModel(observed(model));
    expect(status).toMatchObject({ stableRevision: wanted });
    expect(status.rollout).toBeUndefined();
    expect(namesOf(apply)).toContain(`Deployment/english-${wanted}`);
  });
});

describe('planSpeechModel: what it says', () => {
  it.each([
    [
      'nothing made yet',
      {},
      undefined,
      {},
      { Ready: 'False Creating', Reconciling: 'True Progressing', Stalled: 'False NotStalled' },
    ],
    ['pods ready', {}, 1, {}, { Ready: 'True PodsReady', Reconciling: 'False Steady' }],
    [
      'fewer pods ready than min',
      { replicas: { min: 2 } },
      2,
      { ready: 1 },
      { Ready: 'False PodsNotReady', Reconciling: 'True Progressing' },
    ],
    [
      'an unknown model',
      { source: { catalogue: 'whisper.enormous' } },
      undefined,
      {},
      { Ready: 'False UnknownModel', Stalled: 'True UnknownModel' },
    ],
    [
      'a cache that is not there',
      { cache: { name: 'shared' } },
      undefined,
      {},
      { ModelCached: 'False NoSuchCache' },
    ],
    [
      'a volume',
      { source: { volume: { claimName: 'models', model: 'own' } } },
      1,
      {},
      { ModelCached: 'True OnVolume' },
    ],
    ['no pod, as nobody speaks', { replicas: { min: 0, max: 2 } }, 0, {}, { Ready: 'True ScaledToZero' }],
  ])('%s', (_, spec, live, options, expected) => {
    const { model, own, facts } = serving(spec as Spec, live ?? 0);
    const children = live === undefined ? [] : [workload(model, own, live, options)];
    expect(conditionsOf(planSpeechModel({ ...facts, children }))).toMatchObject(expected);
  });

  it('names the pod that does not start and why', () => {
    const { model, own, facts } = serving({}, 1);
    const problem = { reason: 'ImagePullBackOff', message: 'container inference: Back-off pulling image' };
    const plan = planSpeechModel({
      ...facts,
      children: [workload(model, own, 1, { ready: 0 })],
      pods: [pod(own, 'a', { isReady: false, problem })],
    });
    expect(plan.status.conditions?.[0]).toMatchObject({
      reason: 'ImagePullBackOff',
      message: expect.stringContaining('Back-off pulling image'),
      observedGeneration: 3,
    });
  });

  it('keeps since when a condition has its status', () => {
    const before = [
      {
        type: 'Ready',
        status: 'True' as const,
        reason: 'PodsReady',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ];
    const { facts } = serving({}, 1, {}, { conditions: before });
    expect(planSpeechModel(facts).status.conditions?.[0]?.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
  });

  it('finds the serving revision by its workload when status was lost', () => {
    const model = speechModel();
    const plan = planSpeechModel(observed(model, { children: [workload(model, 'older', 2)] }));
    expect(plan.status).toMatchObject({ stableRevision: 'older', rollout: { phase: 'Starting', revision } });
  });
});
