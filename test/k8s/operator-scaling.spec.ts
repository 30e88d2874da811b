import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent, get } from 'node:https';
import { freePort } from '../support/free-port.js';
import type { Condition, KubeObject, Workload } from '../support/kube-objects.js';
import type { Kubebox } from '../support/kubebox.js';
import { speechModel, type PodMetrics } from '../support/operator.js';
import { OperatorCluster } from '../support/operator-cluster.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const LIMIT_MS = 120_000;
const METRIC = '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/parlance_model_load_percent';

interface Pod extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly deletionTimestamp?: string };
}

describe('scaling by live streams', () => {
  let cluster: OperatorCluster;
  let box: Kubebox;
  let metrics: PodMetrics;
  let operator: ServiceProcess;
  let port: number;
  /** The pod of the model `busy` that holds streams. */
  let holder: string;

  beforeAll(async () => {
    port = await freePort();
    cluster = await OperatorCluster.start({
      servingNames: ['parlance-operator.default.svc'],
      flags: ['--manager-flag=--horizontal-pod-autoscaler-sync-period=2s'],
    });
    ({ box, metrics } = cluster);
    await box.apply([
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'parlance-operator' },
        spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
      },
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: 'v1beta1.external.metrics.k8s.io' },
        spec: {
          group: 'external.metrics.k8s.io',
          version: 'v1beta1',
          groupPriorityMinimum: 100,
          versionPriority: 100,
          caBundle: Buffer.from(box.pki('ca.crt')).toString('base64'),
          service: { name: 'parlance-operator', namespace: 'default', port },
        },
      },
    ]);
    operator = await cluster.operator('one', {
      PARLANCE_OPERATOR_METRICS_API_PORT: String(port),
      PARLANCE_OPERATOR_TLS_CERT: `${box.folder}/pki/serving.crt`,
      PARLANCE_OPERATOR_TLS_KEY: `${box.folder}/pki/serving.key`,
    });
  }, 600_000);
  afterAll(() => cluster?.stop());

  const podsOf = async (name: string): Promise<Pod[]> =>
    (
      await box.list<Pod>(`/api/v1/namespaces/default/pods?labelSelector=parlance.dev%2Fmodel%3D${name}`)
    ).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const waitForPods = (name: string, count: number) =>
    until(async () => {
      const pods = await podsOf(name);
      return pods.length === count && pods;
    }, LIMIT_MS);
  const waitReady = (name: string, reason = 'PodsReady') =>
    cluster.waitForCondition(name, 'Ready', `True ${reason}`);
  const loadOf = async (name: string): Promise<string | undefined> => {
    const answer = await box.get<{ items: { value: string }[] }>(
      `${METRIC}?labelSelector=parlance.dev%2Fmodel%3D${name}`,
    );
    return answer?.items[0]?.value;
  };

  it('answers through the aggregated API, and nobody but the API server', async () => {
    await box.apply([
      speechModel('busy', { replicas: { min: 1, max: 5 }, autoscaling: { scaleDownSeconds: 5 } }),
    ]);
    await waitReady('busy');
    await box.waitFor<{ status?: { conditions?: readonly Condition[] } }>(
      '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.external.metrics.k8s.io',
      ({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === 'Available' && is === 'True') ?? false,
      LIMIT_MS,
    );
    await until(async () => (await loadOf('busy')) === '0', LIMIT_MS);
    expect((await box.list(`${METRIC}?labelSelector=parlance.dev%2Fmodel%3Dnobody`)).length).toBe(0);
    const status = await new Promise((resolve, reject) => {
      get(
        `https://127.0.0.1:${port}${METRIC}?labelSelector=parlance.dev%2Fmodel%3Dbusy`,
        // Signed by the cluster, as an administrator's, but not by the authority of the front proxy.
        {
          agent: new Agent({
            rejectUnauthorized: false,
            cert: box.pki('admin.crt'),
            key: box.pki('admin.key'),
          }),
        },
        (response) => (response.resume(), resolve(response.statusCode)),
      ).on('error', reject);
    });
    expect(status).toBe(401);
  }, 600_000);

  it("makes pods by the cluster's own autoscaler ahead of streams that come, and as many as they need when no more come", async () => {
    holder = (await podsOf('busy'))[0]!.metadata.name;
    // Twice what one pod holds, within a second: at that pace there would be far more when a pod is ready.
    metrics.say(holder, { streams: 20, capacity: 10 });
    await waitForPods('busy', 5);
    // 20 streams in pods for 10, at 80 %: three pods.
    await waitForPods('busy', 3);
    const { status } = await waitReady('busy');
    expect(status?.scaledBy).toBe('HorizontalPodAutoscaler');
  }, 600_000);

  it('makes pods when full ones refuse streams, though they hold no more than before', async () => {
    metrics.say(holder, { streams: 20, capacity: 10, refused: 40 });
    await waitForPods('busy', 5);
    await waitForPods('busy', 3);
  }, 600_000);

  it('keeps pods that hold streams and drains the others: those go, the rest stays', async () => {
    const pods = await podsOf('busy');
    const [one, two, three] = pods.map(({ metadata }) => metadata.name);
    metrics.say(one!, { streams: 0, capacity: 10 });
    metrics.say(two!, { streams: 3, capacity: 10 });
    metrics.say(three!, { streams: 1, capacity: 10 });
    // The load of 40 % asks for one pod, but two hold streams: the idle one alone goes.
    const left = await waitForPods('busy', 2);
    expect(left.map(({ metadata }) => metadata.name).sort()).toEqual([two, three].sort());
    await until(async () => {
      const routed = Object.fromEntries(
        (await podsOf('busy')).map(({ metadata }) => [
          metadata.name,
          `${metadata.labels?.['parlance.dev/routed']} ${metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost']}`,
        ]),
      );
      return routed[two!] === 'true 4' && routed[three!] === 'false 1';
    }, LIMIT_MS);
    // A draining pod is in no EndpointSlice of the model: it gets no new stream.
    await until(async () => {
      const slices = await box.list<{ endpoints?: { targetRef: { name: string } }[] }>(
        '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dbusy',
      );
      const names = slices.flatMap(({ endpoints }) => endpoints ?? []).map(({ targetRef }) => targetRef.name);
      return names.length === 1 && names[0] === two;
    }, LIMIT_MS);
    metrics.say(three!, { streams: 0, capacity: 10 });
    const last = await waitForPods('busy', 1);
    expect(last[0]?.metadata.name).toBe(two);
  }, 600_000);

  it('lets a model go when nobody speaks, and brings it back when it is asked for', async () => {
    await box.apply([
      speechModel('rare', {
        replicas: { min: 0, max: 2 },
        autoscaling: { idleSeconds: 10, scaleDownSeconds: 1 },
      }),
    ]);
    await waitReady('rare');
    await waitForPods('rare', 0);
    const idle = await waitReady('rare', 'ScaledToZero');
    expect(idle.status?.replicas).toBe(0);
    const asked = await fetch(`${operator.opsUrl}/scaling/default/rare/wanted`, { method: 'POST' });
    expect(asked.status).toBe(202);
    await waitForPods('rare', 1);
    await waitReady('rare');
    expect((await fetch(`${operator.opsUrl}/scaling/default/nobody/wanted`, { method: 'POST' })).status).toBe(
      404,
    );
  }, 600_000);

  it('tells KEDA the same over HTTP', async () => {
    const answer = await fetch(`${operator.opsUrl}/scaling/default/busy`);
    expect(await answer.json()).toEqual({ loadPercent: 80 });
  }, 600_000);

  it('leaves the number of pods as it is when nothing is known of them', async () => {
    const before = (await podsOf('busy')).length;
    await metrics.stop();
    await until(async () => (await loadOf('busy')) === undefined, LIMIT_MS);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect((await podsOf('busy')).length).toBe(before);
    const { status } = await waitReady('busy');
    const workload = await box.get<Workload>(
      `/apis/apps/v1/namespaces/default/deployments/busy-${status?.stableRevision}`,
    );
    expect(workload?.spec.replicas).toBe(before);
  }, 600_000);
});
