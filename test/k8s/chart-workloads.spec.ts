import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { inferenceSchema } from '../../apps/inference/src/inference.config.js';
import { ttsSchema } from '../../apps/tts/src/tts.config.js';
import { type Manifests, renderChart, SERVICES } from '../support/charts.js';
import type { KubeObject, Workload } from '../support/kube-objects.js';

const LIMIT_MS = 120_000;
const STORES = { nats: { enabled: true, replicas: 3 }, mongodb: { enabled: true }, s3: { enabled: true } };

interface Probe {
  readonly periodSeconds: number;
  readonly failureThreshold: number;
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Rule {
  readonly ports?: readonly { readonly port: string | number }[];
  readonly from?: readonly object[];
  readonly to?: readonly object[];
}
interface NetworkPolicy extends KubeObject {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Record<string, string> };
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}
interface Autoscaler extends KubeObject {
  readonly spec: { readonly minReplicas: number; readonly metrics: readonly { readonly type: string }[] };
}

describe('pods of the chart', () => {
  let manifests: Manifests;
  beforeAll(async () => {
    manifests = await renderChart({ ...STORES, services: { telegram: { enabled: true } } });
  }, LIMIT_MS);

  const pod = (service: string) =>
    manifests.get<Workload>('Deployment', `voice-${service}`).spec.template.spec;
  const probe = (service: string, kind: string) => manifests.container(service)[`${kind}Probe`] as Probe;

  it('get no variables named after services of the namespace', () => {
    for (const { spec } of manifests.podTemplates()) expect(spec.enableServiceLinks).toBe(false);
  });

  it('are asked for health and metrics at a port of their own, which no Service of clients publishes', () => {
    for (const service of [...SERVICES, 'telegram']) {
      expect(manifests.env(service).PARLANCE_OPS_PORT!.value).toBe('9090');
      expect(manifests.container(service).ports).toContainEqual({ name: 'ops', containerPort: 9090 });
      for (const kind of ['startup', 'readiness', 'liveness'])
        expect(probe(service, kind).httpGet.port).toBe('ops');
    }
    const gateway = manifests.get<KubeObject & { spec: { ports: { name: string }[] } }>(
      'Service',
      'voice-gateway',
    );
    expect(gateway.spec.ports.map(({ name }) => name)).toEqual(['grpc', 'http']);
  });

  it('have time to load models, and say themselves when it takes too long', () => {
    const [inference, tts] = [
      inferenceSchema.parse({}).runtime.loadLimitMs,
      ttsSchema.parse({}).localVoices.loadLimitMs,
    ];
    for (const [service, limitMs] of [
      ['inference', inference],
      ['tts', tts],
    ] as const) {
      const { periodSeconds, failureThreshold } = probe(service, 'startup');
      expect(periodSeconds * failureThreshold * 1000).toBeGreaterThan(limitMs + 30_000);
    }
  });

  it(
    'have as much time as a longer limit of the values allows',
    async () => {
      const env = { PARLANCE_LOAD_LIMIT_MS: 1_200_000 };
      const slow = (await renderChart({ services: { inference: { env } } })).container('inference')
        .startupProbe as Probe;
      expect(slow.periodSeconds * slow.failureThreshold).toBeGreaterThan(1_230);
    },
    LIMIT_MS,
  );

  it('are ended for a process that does not answer, and only called no more while a store is away', () => {
    for (const service of SERVICES) {
      expect(probe(service, 'readiness').httpGet.path).toBe('/readyz');
      for (const kind of ['startup', 'liveness']) expect(probe(service, kind).httpGet.path).toBe('/healthz');
    }
  });

  it('serve until no endpoint names them, drain, and have ended before the kubelet ends them', () => {
    for (const service of [...SERVICES, 'telegram']) {
      const { terminationGracePeriodSeconds: graceSeconds } = pod(service);
      const { lifecycle } = manifests.container(service) as {
        lifecycle?: { preStop: { sleep: { seconds: number } } };
      };
      const drainMs = Number(manifests.env(service).PARLANCE_DRAIN_MS!.value);
      const preStopSeconds = lifecycle!.preStop.sleep.seconds;
      expect(preStopSeconds).toBeGreaterThanOrEqual(5);
      expect(graceSeconds! * 1000 - preStopSeconds * 1000 - drainMs).toBe(10_000);
    }
  });

  it(
    'drain as long as the values allow',
    async () => {
      const values = { services: { inference: { terminationGraceSeconds: 320, preStopSeconds: 10 } } };
      expect((await renderChart(values)).env('inference').PARLANCE_DRAIN_MS!.value).toBe('300000');
      await expect(renderChart({ defaults: { terminationGraceSeconds: 15 } })).rejects.toThrow(
        'at least 11 more',
      );
    },
    LIMIT_MS,
  );

  it(
    'compute with the CPUs of their limit, or else of their request',
    async () => {
      const cpus = (each: Manifests) =>
        each.env('inference').PARLANCE_CPUS!.valueFrom!.resourceFieldRef!.resource;
      expect(cpus(manifests)).toBe('requests.cpu');
      const limited = { services: { inference: { resources: { limits: { cpu: '4', memory: '1Gi' } } } } };
      expect(cpus(await renderChart(limited))).toBe('limits.cpu');
    },
    LIMIT_MS,
  );

  it('fulfil the restricted Pod Security standard, stores and Jobs included, and write nowhere but to volumes', () => {
    const containers = manifests.containers();
    expect(containers.length).toBeGreaterThan(10);
    for (const { spec } of manifests.podTemplates()) {
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      if (spec.serviceAccountName !== 'voice-gateway') expect(spec.automountServiceAccountToken).toBe(false);
    }
    for (const { securityContext, resources, image } of containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(resources).toMatchObject({
        requests: { cpu: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
      expect(image).not.toMatch(/:latest$/);
    }
  });

  it('name no version of the chart, so that a new chart alone restarts none', () => {
    for (const { metadata } of manifests.podTemplates())
      expect(Object.keys({ ...metadata.labels, ...metadata.annotations })).not.toContain('helm.sh/chart');
  });

  it('are spread over hosts and zones', () => {
    for (const service of SERVICES) {
      const keys = (pod(service).topologySpreadConstraints as { topologyKey: string }[]).map(
        (each) => each.topologyKey,
      );
      expect(keys).toEqual(['kubernetes.io/hostname', 'topology.kubernetes.io/zone']);
    }
  });
});

describe('the volume with models', () => {
  const jobOf = (manifests: Manifests) =>
    manifests.ofKind<Workload>('Job').find(({ metadata }) => /-models-/.test(metadata.name))!;

  it(
    'is filled by a Job with the models that the values name, and services wait for theirs',
    async () => {
      const names = ['whisper-small', 'silero-vad', 'kokoro-82m'];
      const env = {
        HF_ENDPOINT: 'https://hub.example.org',
        HF_TOKEN: { valueFrom: { secretKeyRef: { name: 'hub', key: 'token' } } },
      };
      const manifests = await renderChart({ models: { fetch: { names, env } } });
      const [fetch] = jobOf(manifests).spec.template.spec.containers;
      expect(fetch!.args).toEqual(['apps/cli/dist/main.js', 'models', 'download', ...names]);
      expect(fetch!.env).toEqual(
        expect.arrayContaining([{ name: 'HF_ENDPOINT', value: 'https://hub.example.org' }]),
      );
      expect(fetch!.env).toEqual(expect.arrayContaining([{ name: 'HF_TOKEN', ...env.HF_TOKEN }]));
      const waitsFor = (service: string) =>
        manifests
          .get<Workload>('Deployment', `voice-${service}`)
          .spec.template.spec.initContainers![0]!.command!.slice(3);
      expect(waitsFor('inference')).toEqual([
        '/models/compiled/whisper-small/manifest.json',
        '/models/checkpoints/silero-vad',
      ]);
      expect(waitsFor('tts')).toEqual(['/models/checkpoints/kokoro-82m']);
    },
    LIMIT_MS,
  );

  it(
    'is filled by another Job when the list has changed, and by the same one when it has not',
    async () => {
      const nameWith = async (values: object) => jobOf(await renderChart(values)).metadata.name;
      const first = await nameWith({});
      expect(await nameWith({ telemetry: { logLevel: 'debug' } })).toBe(first);
      expect(await nameWith({ models: { fetch: { names: ['whisper-tiny.en'] } } })).not.toBe(first);
    },
    LIMIT_MS,
  );

  it(
    'is a claim that exists, filled by others, where the values say so',
    async () => {
      const manifests = await renderChart({
        models: { persistentVolumeClaim: 'shared', fetch: { enabled: false } },
      });
      expect(manifests.ofKind('PersistentVolumeClaim')).toEqual([]);
      expect(jobOf(manifests)).toBeUndefined();
      const { spec } = manifests.get<Workload>('Deployment', 'voice-inference').spec.template;
      expect(spec.volumes).toContainEqual({
        name: 'models',
        persistentVolumeClaim: { claimName: 'shared', readOnly: true },
      });
      expect(spec.initContainers).toBeUndefined();
    },
    LIMIT_MS,
  );
});

describe('network policies of the chart', () => {
  let manifests: Manifests;
  beforeAll(async () => {
    manifests = await renderChart(STORES);
  }, LIMIT_MS);
  const policy = (name: string, from = manifests) =>
    from.get<NetworkPolicy>('NetworkPolicy', `voice-${name}`).spec;
  const portsOf = (rules: readonly Rule[] = []) =>
    rules.flatMap(({ ports }) => (ports ?? []).map(({ port }) => port));

  it('let nothing in or out that no other policy lets through', () => {
    expect(policy('default-deny')).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    expect(policy('default-deny').ingress).toBeUndefined();
    expect(policy('default-deny').egress).toBeUndefined();
    const { matchLabels } = policy('default-deny').podSelector;
    for (const { metadata } of manifests.podTemplates()) expect(metadata.labels).toMatchObject(matchLabels);
  });

  it('let out to names, to the services that are called, and to stores, by port', () => {
    expect(portsOf(policy('inference').egress)).toEqual([53, 53]);
    expect(portsOf(policy('gateway').egress)).toEqual([
      53, 53, 50061, 50063, 443, 6443, 4222, 7070, 27017, 443,
    ]);
    for (const rule of policy('gateway').egress!.filter(({ ports }) =>
      [4222, 7070, 27017].includes(ports![0]!.port as number),
    ))
      expect(rule.to).toHaveLength(1);
    const internet = JSON.stringify(policy('tts').egress!.at(-1));
    expect(internet).toContain('169.254.0.0/16');
  });

  it('let every pod of the release out to something: none has no policy of its own', () => {
    const selectors = manifests
      .ofKind<NetworkPolicy>('NetworkPolicy')
      .map(({ spec }) => spec.podSelector.matchLabels);
    for (const { metadata } of manifests.podTemplates()) {
      const component = metadata.labels!['app.kubernetes.io/component'];
      expect(selectors.map((labels) => labels['app.kubernetes.io/component'])).toContain(component);
    }
  });

  it(
    'let Telegram’s posts in by the bot’s HTTP port from where webhookFrom says, and never by that of its metrics',
    async () => {
      const services = { telegram: { enabled: true } };
      expect(portsOf(policy('telegram', await renderChart({ services })).ingress)).toEqual(['ops']);
      const from = [{ ipBlock: { cidr: '149.154.160.0/20' } }];
      const webhook = await renderChart({ services, networkPolicy: { webhookFrom: from, metricsFrom: [] } });
      expect(policy('telegram', webhook).ingress).toEqual([{ ports: [{ port: 'http' }], from }]);
      expect(webhook.container('telegram').ports).toEqual([
        { name: 'http', containerPort: 8086 },
        { name: 'ops', containerPort: 9090 },
      ]);
    },
    LIMIT_MS,
  );

  it(
    'admit nobody to metrics where metricsFrom is empty, and else those it names',
    async () => {
      const nobody = await renderChart({ networkPolicy: { metricsFrom: [] } });
      for (const service of SERVICES) {
        const open = (policy(service, nobody).ingress ?? []).filter(
          ({ from }) => from === undefined || from.length === 0,
        );
        expect(portsOf(policy(service, nobody).ingress)).not.toContain('ops');
        expect(portsOf(open)).toEqual(service === 'gateway' ? ['http', 'grpc'] : []);
      }
      const rule = policy('tts').ingress!.find(({ ports }) => ports![0]!.port === 'ops')!;
      expect(rule.from).toEqual([
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
      ]);
    },
    LIMIT_MS,
  );
});

describe('autoscalers of the chart', () => {
  it(
    'can be switched off, for all services or one',
    async () => {
      const none = await renderChart({ defaults: { autoscaling: { enabled: false } } });
      expect(none.ofKind('HorizontalPodAutoscaler')).toEqual([]);
      expect(none.get<Workload>('Deployment', 'voice-tts').spec.replicas).toBe(2);
      const one = await renderChart({ services: { tts: { autoscaling: { enabled: false }, replicas: 5 } } });
      expect(one.ofKind('HorizontalPodAutoscaler')).toHaveLength(SERVICES.length - 1);
      expect(one.get<Workload>('Deployment', 'voice-tts').spec.replicas).toBe(5);
    },
    LIMIT_MS,
  );

  it(
    'follow metrics of pods and of other systems, with the CPU or without it',
    async () => {
      const streams = {
        type: 'Pods',
        pods: {
          metric: { name: 'parlance_inference_active_streams' },
          target: { type: 'AverageValue', averageValue: '6' },
        },
      };
      const scaler = async (autoscaling: object) =>
        (await renderChart({ services: { inference: { autoscaling } } })).get<Autoscaler>(
          'HorizontalPodAutoscaler',
          'voice-inference',
        ).spec;
      expect((await scaler({ metrics: [streams] })).metrics.map(({ type }) => type)).toEqual([
        'Resource',
        'Pods',
      ]);
      expect((await scaler({ metrics: [streams], cpuTarget: 0 })).metrics).toEqual([streams]);
      await expect(scaler({ cpuTarget: 0 })).rejects.toThrow('neither cpuTarget nor metrics');
    },
    LIMIT_MS,
  );

  it(
    'begin with as many pods as the Deployment, so that --wait waits for all of them',
    async () => {
      const manifests = await renderChart({ services: { inference: { replicas: 3 } } });
      for (const service of SERVICES) {
        const { minReplicas } = manifests.get<Autoscaler>('HorizontalPodAutoscaler', `voice-${service}`).spec;
        expect(manifests.get<Workload>('Deployment', `voice-${service}`).spec.replicas).toBe(minReplicas);
      }
      const gitOps = await renderChart({ defaults: { autoscaling: { initialReplicas: false } } });
      expect(gitOps.get<Workload>('Deployment', 'voice-tts').spec.replicas).toBeUndefined();
    },
    LIMIT_MS,
  );
});

describe('dashboards and alerts of the chart', () => {
  interface Annotated extends KubeObject {
    readonly metadata: KubeObject['metadata'] & { readonly annotations?: Record<string, string> };
    readonly data: Record<string, string>;
  }

  it(
    'are there where they are asked for: a ConfigMap for each dashboard, which the sidecar of Grafana finds',
    async () => {
      expect((await renderChart()).text).not.toContain('grafana_dashboard');
      const labels = { grafana_dashboard: '1', team: 'speech' };
      const { text, ...manifests } = await renderChart({
        monitoring: { dashboards: { enabled: true, labels } },
      });
      expect(text).toContain('grafana_folder');
      const maps = (manifests.objects as Annotated[]).filter(
        ({ metadata }) => metadata.labels?.grafana_dashboard,
      );
      expect(maps.map(({ metadata }) => metadata.name).sort()).toEqual(
        ['inference', 'operator', 'overview', 'providers', 'tenants', 'turn'].map(
          (one) => `voice-dashboards-${one}`,
        ),
      );
      for (const { metadata, data } of maps) {
        expect(metadata.labels?.team).toBe('speech');
        expect(metadata.annotations).toMatchObject({ grafana_folder: 'Parlance' });
        const [[file, json]] = Object.entries(data) as [[string, string]];
        expect(`${(JSON.parse(json) as { uid: string }).uid}.json`).toBe(file);
        expect(json).toBe(readFileSync(`charts/parlance/files/dashboards/${file}`, 'utf8').trimEnd());
      }
    },
    LIMIT_MS,
  );

  it(
    'lead to the runbooks where these can be read',
    async () => {
      const alerts = { enabled: true, runbooks: 'https://git.example.org/parlance/' };
      const { text } = await renderChart({ monitoring: { alerts } });
      expect(text).toContain(
        'runbook_url: https://git.example.org/parlance/docs/runbooks/alerts.md#parlancedeadletters',
      );
      expect(text).not.toContain('runbook_url: docs/');
    },
    LIMIT_MS,
  );
});
