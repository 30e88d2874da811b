import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SCALING_DEFAULTS } from '@parlance/scaling';
import type { HpaRecording, HpaTrace, RecordedSync } from './hpa-recording.js';
import { KubeClient, type KubeObject } from './kube-client.js';

/**
 * Records what a real HPA controller does with played metrics, for hpa-golden.spec.ts. Start kubebox first:
 *   kubebox --dir DIR --serving-names=metrics.kube-system.svc --manager-flag=--horizontal-pod-autoscaler-sync-period=2s \
 *     --manager-flag=--horizontal-pod-autoscaler-downscale-stabilization=21s
 * then `node dist/tools/scale-sim/src/golden/record-hpa.js --dir DIR --out test/golden/hpa-recording.json`. Takes three minutes.
 */
const { values: options } = parseArgs({
  options: { dir: { type: 'string', default: '' }, out: { type: 'string', default: '' } },
});

const SECONDS = 150;
const WINDOW_SECONDS = 15;
/** The CPU request of each pod. */
const REQUEST_MILLI = 1000;
const DOWNSCALE_SECONDS = 21;

type Played = Omit<HpaTrace, 'syncs'> & {
  readonly replicas: number;
  /** What the metric says at a time: in thousandths in all, or of each pod. */
  readonly milliAt: (seconds: number, pods: number) => number;
  /** Pods of which every so many-th has no metric. */
  readonly withoutSample?: number;
};

const waves = (seconds: number): number =>
  8000 + 6000 * Math.sin(seconds / 13) + (seconds > 60 && seconds < 85 ? 25_000 : 0);

const BEHAVIOR: HpaTrace['behavior'] = {
  scaleUp: {
    stabilizationWindowSeconds: 5,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 3, periodSeconds: 9 },
      { type: 'Percent', value: 40, periodSeconds: 9 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 13,
    selectPolicy: 'Min',
    policies: [
      { type: 'Pods', value: 2, periodSeconds: 7 },
      { type: 'Percent', value: 30, periodSeconds: 7 },
    ],
  },
};

const { scaleUp, scaleDown } = SCALING_DEFAULTS.behavior;
const PLAYED: readonly Played[] = [
  {
    name: 'external-without-behavior',
    metric: 'External',
    target: 1000,
    replicas: 3,
    minReplicas: 2,
    maxReplicas: 30,
    milliAt: waves,
  },
  {
    name: 'external-with-behavior',
    metric: 'External',
    target: 1000,
    replicas: 3,
    minReplicas: 2,
    maxReplicas: 30,
    behavior: BEHAVIOR,
    milliAt: waves,
  },
  {
    name: 'external-with-our-policies',
    metric: 'External',
    target: 3200,
    replicas: 2,
    minReplicas: 2,
    maxReplicas: 60,
    // Our rules, but for a window that a recording of minutes can see the end of.
    behavior: {
      scaleUp: { ...scaleUp, policies: [...scaleUp.policies] },
      scaleDown: { ...scaleDown, policies: [...scaleDown.policies], stabilizationWindowSeconds: 25 },
    },
    milliAt: (seconds) => 6 * waves(seconds),
  },
  {
    name: 'pods',
    metric: 'Pods',
    target: 1000,
    replicas: 4,
    minReplicas: 1,
    maxReplicas: 40,
    milliAt: (seconds, pods) => waves(seconds) / Math.max(1, pods),
    withoutSample: 5,
  },
  {
    name: 'cpu',
    metric: 'Cpu',
    target: 50,
    replicas: 4,
    minReplicas: 1,
    maxReplicas: 40,
    milliAt: (seconds, pods) => Math.min(REQUEST_MILLI, (0.6 * waves(seconds)) / Math.max(1, pods)),
    withoutSample: 6,
  },
];

const NAMESPACE = 'default';
const APIS: Readonly<Record<string, readonly { name: string; kind: string }[]>> = {
  'metrics.k8s.io/v1beta1': [{ name: 'pods', kind: 'PodMetrics' }],
  'custom.metrics.k8s.io/v1beta2': [{ name: 'pods/streams', kind: 'MetricValueList' }],
  'external.metrics.k8s.io/v1beta1': PLAYED.map(({ name }) => ({ name, kind: 'ExternalMetricValueList' })),
};

const kube = new KubeClient(options.dir);
const begun = Date.now();
const syncs = new Map<string, RecordedSync[]>(PLAYED.map(({ name }) => [name, []]));

const server = createServer(
  {
    cert: kube.pem('serving.crt'),
    key: kube.pem('serving.key'),
    ca: kube.pem('front-proxy-ca.crt'),
    requestCert: true,
    rejectUnauthorized: true,
  },
  (request, response) => {
    answer(new URL(request.url ?? '/', 'https://metrics')).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  },
);
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
await register((server.address() as { port: number }).port);
// The controller looks anew for APIs of metrics only now and then.
await delay(30_000);
for (const played of PLAYED) await deploy(played);
await delay(SECONDS * 1000);
server.close();
const recording: HpaRecording = {
  kubernetes: (await kube.get<{ gitVersion: string }>('/version')).gitVersion,
  downscaleStabilizationSeconds: DOWNSCALE_SECONDS,
  windowSeconds: WINDOW_SECONDS,
  traces: PLAYED.map(({ replicas: _replicas, milliAt: _milliAt, withoutSample: _without, ...trace }) => ({
    ...trace,
    syncs: syncs.get(trace.name) ?? [],
  })),
};
writeFileSync(options.out, `${JSON.stringify(recording)}\n`);
process.exit(0);

/** What an API of metrics says; each question for values is a sync of the autoscaler that asks. */
async function answer(url: URL): Promise<object> {
  const [, , group, version, , , ...rest] = url.pathname.split('/');
  const api = `${group}/${version}`;
  if (rest.length === 0) {
    const resources = (APIS[api] ?? []).map((one) => ({
      ...one,
      singularName: '',
      namespaced: true,
      verbs: ['get', 'list'],
    }));
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: api, resources };
  }
  const timestamp = new Date().toISOString();
  if (group === 'external.metrics.k8s.io') {
    const name = rest[0] ?? '';
    const { milli } = await note(name);
    const items = [{ metricName: name, metricLabels: {}, timestamp, value: `${milli}m` }];
    return { kind: 'ExternalMetricValueList', apiVersion: api, metadata: {}, items };
  }
  const name = /^app=(\S+)$/.exec(url.searchParams.get('labelSelector') ?? '')?.[1] ?? '';
  const { samples } = await note(name);
  if (group === 'custom.metrics.k8s.io') {
    const items = samples.map(({ pod, milli }) => ({
      describedObject: { kind: 'Pod', apiVersion: 'v1', namespace: NAMESPACE, name: pod },
      metric: { name: 'streams' },
      timestamp,
      value: `${milli}m`,
    }));
    return { kind: 'MetricValueList', apiVersion: api, metadata: {}, items };
  }
  const items = samples.map(({ pod, milli }) => ({
    metadata: { name: pod, namespace: NAMESPACE },
    timestamp,
    window: `${WINDOW_SECONDS}s`,
    containers: [{ name: 'main', usage: { cpu: `${milli}m`, memory: '1Mi' } }],
  }));
  return { kind: 'PodMetricsList', apiVersion: api, metadata: {}, items };
}

/** Notes what an autoscaler's target is like at its sync, and what it is told. */
async function note(name: string) {
  const played = PLAYED.find((one) => one.name === name);
  if (!played) throw new Error(`nothing is played for ${name}`);
  const deployment = await kube.get<KubeObject>(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${name}`);
  const at = secondsSince(Date.now());
  const target = {
    at,
    current: Number(deployment.spec?.replicas ?? 0),
    present: Number(deployment.status?.replicas ?? 0),
  };
  if (played.metric === 'External') {
    const milli = Math.round(played.milliAt(at, 0));
    syncs.get(name)?.push({ ...target, milli, pods: [] });
    return { milli, samples: [] };
  }
  const { items } = await kube.get<{ items: KubeObject[] }>(
    `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app%3D${name}`,
  );
  const running = items.filter(({ status }) => status?.phase === 'Running');
  const milli = Math.round(played.milliAt(at, running.length));
  const hasSample = (index: number): boolean => (index + 1) % (played.withoutSample ?? Infinity) !== 0;
  const samples = running.flatMap((pod, index) =>
    hasSample(index) ? [{ pod: pod.metadata.name, milli }] : [],
  );
  const sampled = new Set(samples.map(({ pod }) => pod));
  const pods = items.map((pod) => ({
    ...podState(pod),
    ...(sampled.has(pod.metadata.name) ? { milli } : {}),
  }));
  syncs.get(name)?.push({ ...target, pods });
  return { milli, samples };
}

function podState({ metadata, status = {} }: KubeObject) {
  const seconds = (time: unknown): number => secondsSince(Date.parse(String(time)));
  const conditions = (status.conditions ?? []) as {
    type: string;
    status: string;
    lastTransitionTime: string;
  }[];
  const ready = conditions.find(({ type }) => type === 'Ready');
  return {
    isPending: status.phase === 'Pending',
    isTerminating: metadata.deletionTimestamp !== undefined,
    isReady: ready?.status === 'True',
    startedAt: status.startTime === undefined ? 0 : seconds(status.startTime),
    readinessChangedAt: ready ? seconds(ready.lastTransitionTime) : 0,
  };
}

/** Since the recording began, to the millisecond. */
function secondsSince(time: number): number {
  return (time - begun) / 1000;
}

async function register(port: number): Promise<void> {
  await kube.apply('/api/v1/namespaces/kube-system/services/metrics', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'metrics', namespace: 'kube-system' },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  });
  for (const api of Object.keys(APIS)) {
    const [group, version] = api.split('/');
    const name = `${version}.${group}`;
    await kube.apply(`/apis/apiregistration.k8s.io/v1/apiservices/${name}`, {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name },
      spec: {
        group,
        version,
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { name: 'metrics', namespace: 'kube-system', port },
        caBundle: kube.pem('ca.crt').toString('base64'),
      },
    });
    await untilAvailable(name);
  }
}

/** A sync that finds no metrics would be in no recording. */
async function untilAvailable(api: string): Promise<void> {
  for (;;) {
    const { status } = await kube.get<KubeObject>(`/apis/apiregistration.k8s.io/v1/apiservices/${api}`);
    const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
    if (conditions.some(({ type, status }) => type === 'Available' && status === 'True')) return;
    await delay(200);
  }
}

async function deploy(played: Played): Promise<void> {
  const { name, replicas, metric, target, minReplicas, maxReplicas, behavior } = played;
  const labels = { app: name };
  await kube.apply(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${name}`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            { name: 'main', image: 'none', resources: { requests: { cpu: `${REQUEST_MILLI}m` } } },
          ],
        },
      },
    },
  });
  const milli = `${target}m`;
  const metrics = {
    External: {
      type: 'External',
      external: { metric: { name }, target: { type: 'AverageValue', averageValue: milli } },
    },
    Pods: {
      type: 'Pods',
      pods: { metric: { name: 'streams' }, target: { type: 'AverageValue', averageValue: milli } },
    },
    Cpu: {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } },
    },
  };
  await kube.apply(`/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers/${name}`, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas,
      maxReplicas,
      metrics: [metrics[metric]],
      ...(behavior ? { behavior } : {}),
    },
  });
}
