import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject, Workload } from '../support/kube-objects.js';
import type { Kubebox } from '../support/kubebox.js';
import { sumOf } from '../support/metrics-page.js';
import { conditionOf, speechModel, SPEECH_MODELS, type SpeechModelObject } from '../support/operator.js';
import { OperatorCluster } from '../support/operator-cluster.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const LIMIT_MS = 120_000;

describe('the operator, for a SpeechModel', () => {
  let cluster: OperatorCluster;
  let box: Kubebox;
  let operator: ServiceProcess;
  const namespace = 'voices';
  const models = (name: string) => SPEECH_MODELS(namespace, name);
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;

  beforeAll(async () => {
    cluster = await OperatorCluster.start({
      capacity: { cpu: '64', memory: '256Gi', pods: '110', 'nvidia.com/gpu': '8' },
    });
    ({ box } = cluster);
    // Its pods must be allowed where the strictest standard holds.
    await box.createNamespace(namespace, 'restricted');
    operator = await cluster.operator();
  }, 600_000);
  afterAll(() => cluster?.stop());
  afterEach(() => expect(operator.hasEnded).toBe(false));

  const waitReady = (name: string) =>
    cluster.waitForCondition(name, 'Ready', 'True PodsReady', { namespace });
  const workloadOf = async (name: string): Promise<Workload> => {
    const { status } = await waitReady(name);
    const workload = await box.get<Workload>(`${deployments}/${name}-${status?.stableRevision}`);
    if (!workload) throw new Error(`${name} has no Deployment`);
    return workload;
  };

  it('makes pods that the restricted standard admits, with Services, budget, policy and configuration, and says Ready', async () => {
    await box.apply([speechModel('english')], namespace);
    const model = await waitReady('english');
    expect(conditionOf(model, 'Stalled')).toBe('False NotStalled');
    expect(model.status).toMatchObject({
      replicas: 1,
      readyReplicas: 1,
      scaledBy: 'Fixed',
      workload: 'Deployment',
    });
    const revision = model.status?.stableRevision;
    const owned = await Promise.all(
      [
        `${deployments}/english-${revision}`,
        `/api/v1/namespaces/${namespace}/services/english`,
        `/api/v1/namespaces/${namespace}/services/english-metrics`,
        `/api/v1/namespaces/${namespace}/services/english-${revision}`,
        `/api/v1/namespaces/${namespace}/configmaps/english-${revision}`,
        `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/english`,
        `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/english`,
      ].map((path) => box.get<KubeObject & { metadata: { ownerReferences?: { uid: string }[] } }>(path)),
    );
    for (const object of owned) expect(object?.metadata.ownerReferences?.[0]?.uid).toBe(model.metadata.uid);
  }, 600_000);

  it('gives the EndpointSlices of a revision the weight by which gateways share streams', async () => {
    const { status } = await waitReady('english');
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=parlance.dev%2Frevision%3D${status?.stableRevision}`;
    const items = await until(async () => {
      const found = await box.list(slices);
      return found.length > 0 && found;
    }, LIMIT_MS);
    expect(items[0]?.metadata.labels).toMatchObject({
      'parlance.dev/weight': '100',
      'parlance.dev/model': 'english',
    });
  }, 600_000);

  it('repairs what somebody edits, and removes again what somebody deletes', async () => {
    const before = await workloadOf('english');
    const path = `${deployments}/${before.metadata.name}`;
    const patch = { spec: { replicas: 7, template: { spec: { terminationGracePeriodSeconds: 1 } } } };
    await box.request('PATCH', path, patch, 'application/merge-patch+json');
    await box.waitFor<Workload>(
      path,
      ({ spec }) => spec.replicas === 1 && spec.template.spec.terminationGracePeriodSeconds === 315,
      LIMIT_MS,
    );
    await box.request('DELETE', `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/english`);
    await box.waitFor(
      `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/english`,
      () => true,
      LIMIT_MS,
    );
  }, 600_000);

  it('leaves what others add to its objects', async () => {
    const { metadata } = await workloadOf('english');
    const path = `${deployments}/${metadata.name}`;
    await box.request(
      'PATCH',
      path,
      { metadata: { annotations: { team: 'speech' } } },
      'application/merge-patch+json',
    );
    await box.request('DELETE', `/api/v1/namespaces/${namespace}/services/english-metrics`);
    await box.waitFor(`/api/v1/namespaces/${namespace}/services/english-metrics`, () => true, LIMIT_MS);
    expect((await box.get(path))?.metadata.annotations).toMatchObject({ team: 'speech' });
  }, 600_000);

  it('does not touch an object under its name that is not its own, and goes on when it is gone', async () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'taken' },
      spec: { ports: [{ port: 80 }], selector: { app: 'other' } },
    };
    await box.apply([service, speechModel('taken')], namespace);
    const stalled = await cluster.waitForCondition('taken', 'Stalled', 'True NameTaken', { namespace });
    expect(stalled.status?.conditions?.find(({ type }) => type === 'Stalled')?.message).toContain(
      'Service taken is not this model',
    );
    const path = `/api/v1/namespaces/${namespace}/services/taken`;
    expect((await box.get<{ spec: object }>(path))?.spec).toMatchObject({ selector: { app: 'other' } });
    await box.request('DELETE', path);
    await box.request(
      'PATCH',
      models('taken'),
      { spec: { drainSeconds: 61 } },
      'application/merge-patch+json',
    );
    await waitReady('taken');
  }, 600_000);

  it('says which field is wrong where admission could not know, and serves when it is put right', async () => {
    await box.apply([speechModel('unknown', { source: { catalogue: 'sphinx' } })], namespace);
    const stalled = await cluster.waitForCondition('unknown', 'Stalled', 'True UnknownModel', { namespace });
    expect(stalled.status?.conditions?.find(({ type }) => type === 'Stalled')?.message).toContain(
      'spec.source.catalogue',
    );
    await box.apply([speechModel('unknown')], namespace);
    expect(conditionOf(await waitReady('unknown'), 'Stalled')).toBe('False NotStalled');
  }, 600_000);

  it('tells a pod that cannot be scheduled, and why', async () => {
    await box.apply([speechModel('huge', { resources: { cpu: '500' } })], namespace);
    const model = await cluster.waitForCondition('huge', 'Ready', 'False Unschedulable', { namespace });
    expect(model.status?.conditions?.find(({ type }) => type === 'Ready')?.message).toContain(
      'Insufficient cpu',
    );
    await box.request('DELETE', models('huge'));
  }, 600_000);

  it('removes all that it made with the model, by the garbage collector', async () => {
    await box.apply([speechModel('passing', { replicas: { min: 1, max: 3 } })], namespace);
    await waitReady('passing');
    await box.request('DELETE', models('passing'));
    await until(async () => {
      const lists = await Promise.all(
        [
          deployments,
          `/api/v1/namespaces/${namespace}/services`,
          `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`,
        ].map((path) => box.list(`${path}?labelSelector=parlance.dev%2Fmodel%3Dpassing`)),
      );
      return lists.flat().length === 0;
    }, LIMIT_MS);
  }, 600_000);

  it('survives a namespace that is deleted in mid-reconcile, and leaves no half of a set', async () => {
    await box.createNamespace('fleeting', 'restricted');
    const many = Array.from({ length: 12 }, (_, i) =>
      speechModel(`model-${i}`, { replicas: { min: 1, max: 2 } }),
    );
    await box.apply(many, 'fleeting');
    await box.request('DELETE', '/api/v1/namespaces/fleeting');
    await until(async () => (await box.get('/api/v1/namespaces/fleeting')) === undefined, LIMIT_MS);
    // It goes on with others, and no reconcile of the gone ones is tried again and again.
    await box.apply([speechModel('after')], namespace);
    await waitReady('after');
    const failed = async () =>
      sumOf(await operator.samples('parlance_operator_reconciles_total', { outcome: 'fault' }));
    expect(await failed()).toBe(0);
  }, 600_000);

  it('writes its status through a storm of conflicting writers', async () => {
    await waitReady('english');
    let isOver = false;
    const storm = (async () => {
      for (let i = 0; !isOver; i += 1)
        await box.request(
          'PATCH',
          `${models('english')}/status`,
          { status: { replicas: 100 + i, conditions: [] } },
          'application/merge-patch+json',
        );
    })();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    isOver = true;
    await storm;
    const model = await waitReady('english');
    expect(model.status?.replicas).toBe(1);
  }, 600_000);

  it("uses KEDA's and Prometheus' kinds while the cluster has them, and does without when they go", async () => {
    const scaledBy = (name: string, by: string) =>
      box.waitFor<SpeechModelObject>(models(name), ({ status }) => status?.scaledBy === by, LIMIT_MS);
    await box.apply([speechModel('scaled', { replicas: { min: 1, max: 3 } })], namespace);
    await scaledBy('scaled', 'HorizontalPodAutoscaler');
    const definitions = [
      definition('keda.sh', 'v1alpha1', 'ScaledObject', 'scaledobjects'),
      definition('monitoring.coreos.com', 'v1', 'PodMonitor', 'podmonitors'),
    ];
    await box.apply(definitions);
    await scaledBy('scaled', 'ScaledObject');
    await box.waitFor(
      `/apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects/scaled`,
      () => true,
      LIMIT_MS,
    );
    await box.waitFor(
      `/apis/monitoring.coreos.com/v1/namespaces/${namespace}/podmonitors/scaled`,
      () => true,
      LIMIT_MS,
    );
    const autoscaler = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/scaled`;
    await until(async () => (await box.get(autoscaler)) === undefined, LIMIT_MS);
    for (const { metadata } of definitions)
      await box.request('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`);
    await scaledBy('scaled', 'HorizontalPodAutoscaler');
    await box.waitFor(autoscaler, () => true, LIMIT_MS);
  }, 600_000);

  it('writes nothing while nothing changes', async () => {
    const writes = async () =>
      sumOf(await operator.samples('parlance_operator_api_requests_total', { verb: 'PATCH' }));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const before = await writes();
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    expect(await writes()).toBe(before);
  }, 600_000);
});

function definition(group: string, version: string, kind: string, plural: string) {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}
