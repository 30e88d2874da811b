import { describe, expect, it } from '@jest/globals';
import { copyChart, HELM_VERSIONS, renderChart, renderText, SERVICES } from '../support/charts.js';
import type { KubeObject, Workload } from '../support/kube-objects.js';

const LIMIT_MS = 120_000;
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** What platform teams set on every workload they install. */
const USUAL = {
  tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  nodeSelector: { pool: 'gpu' },
  priorityClassName: 'speech',
  runtimeClassName: 'nvidia',
  schedulerName: 'other',
  topologySpreadConstraints: [
    { maxSkew: 2, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
  ],
  dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
};

describe.each(HELM_VERSIONS)('values of the chart, with Helm %i', (helm) => {
  it(
    'refuses a value that it does not know, and names it',
    async () => {
      for (const [values, name] of [
        [{ services: { gatewy: {} } }, 'gatewy'],
        [{ services: { gateway: { toleration: [] } } }, 'toleration'],
        [{ networkPolicy: { metricFrom: [] } }, 'metricFrom'],
        [{ services: { tts: { autoscaling: { max: 3 } } } }, 'max'],
        [{ secretKeys: { MONGO_URI: { key: 'uri' } } }, 'MONGO_URI'],
      ] as const)
        await expect(renderText(values, { helm })).rejects.toThrow(name);
    },
    LIMIT_MS,
  );

  it(
    'switches the page off, or names the organisation that it signs people up with',
    async () => {
      const environmentOf = async (studio: object) => {
        const manifests = await renderChart({ studio }, { helm });
        const { spec } = manifests.get<Workload>('Deployment', 'voice-gateway').spec.template;
        return spec.containers[0]!.env;
      };
      expect(await environmentOf({ enabled: false })).toContainEqual({
        name: 'PARLANCE_STUDIO',
        value: 'false',
      });
      const named = { name: 'PARLANCE_STUDIO_ORGANISATION', value: 'acme' };
      expect(await environmentOf({ organisation: 'acme' })).toContainEqual(named);
    },
    LIMIT_MS,
  );

  it(
    'schedules pods onto GPU nodes by tolerations, selectors, affinity and runtime class',
    async () => {
      const manifests = await renderChart({ services: { inference: USUAL } }, { helm });
      const { spec } = manifests.get<Workload>('Deployment', 'voice-inference').spec.template;
      expect(spec).toMatchObject(USUAL);
      expect(
        manifests.get<Workload>('Deployment', 'voice-tts').spec.template.spec.runtimeClassName,
      ).toBeUndefined();
    },
    LIMIT_MS,
  );

  it(
    'sets for all services at once what stands under defaults',
    async () => {
      const manifests = await renderChart(
        { defaults: USUAL, services: { tts: { priorityClassName: 'low' } } },
        { helm },
      );
      for (const service of SERVICES) {
        const { spec } = manifests.get<Workload>('Deployment', `voice-${service}`).spec.template;
        expect(spec).toMatchObject({ ...USUAL, ...(service === 'tts' ? { priorityClassName: 'low' } : {}) });
      }
    },
    LIMIT_MS,
  );

  it(
    "lets a variable of the values win over the chart's, so that each name comes once",
    async () => {
      const env = { PARLANCE_LOG_LEVEL: 'debug', NATS_URL: 'nats://bus:4222', PARLANCE_WORKERS: 6 };
      const manifests = await renderChart({ services: { inference: { env }, gateway: { env } } }, { helm });
      for (const container of manifests.containers()) {
        const names = (container.env ?? []).map(({ name }) => name);
        expect(names).toEqual([...new Set(names)]);
      }
      expect(manifests.env('gateway').NATS_URL).toEqual({ name: 'NATS_URL', value: 'nats://bus:4222' });
      expect(manifests.env('inference').PARLANCE_WORKERS!.value).toBe('6');
      expect(manifests.env('inference').PARLANCE_LOG_LEVEL!.value).toBe('debug');
    },
    LIMIT_MS,
  );

  it(
    'takes numbers, booleans and references as variables, and keeps every digit',
    async () => {
      const valueFrom = { fieldRef: { fieldPath: 'metadata.name' } };
      const env = { A: 1_000_000, B: 268_435_456, C: 0.5, D: true, E: 'text', POD: { valueFrom } };
      const found = (await renderChart({ services: { gateway: { env } } }, { helm })).env('gateway');
      expect([found.A, found.B, found.C, found.D, found.E].map((each) => each!.value)).toEqual([
        ...['1000000', '268435456', '0.5', 'true', 'text'],
      ]);
      expect(found.POD).toEqual({ name: 'POD', valueFrom });
    },
    LIMIT_MS,
  );

  it(
    'makes a digest a digest, wherever it is written',
    async () => {
      const byTag = await renderChart({ image: { tag: DIGEST } }, { helm });
      expect(byTag.container('gateway').image).toBe(`parlance/gateway@${DIGEST}`);
      const own = { registry: 'registry.example.org:5000', digest: DIGEST };
      const byService = await renderChart(
        { services: { tts: { image: own } }, image: { tag: '1.2.3' } },
        { helm },
      );
      expect(byService.container('tts').image).toBe(`registry.example.org:5000/parlance/tts@${DIGEST}`);
      expect(byService.container('gateway').image).toBe('parlance/gateway:1.2.3');
      const everywhere = await renderChart(
        { global: { imageRegistry: 'mirror.internal' }, nats: { enabled: true } },
        { helm },
      );
      for (const { image } of everywhere.containers()) expect(image).toMatch(/^mirror\.internal\//);
    },
    LIMIT_MS,
  );

  it(
    'names the operator, its objects and the images that it runs as all others',
    async () => {
      const release = 'a-release-with-the-longest-name-that-helm-would-take';
      const values = {
        operator: {
          enabled: true,
          image: { digest: DIGEST },
          images: { cuda: { digest: DIGEST, registry: 'gpu.example.org' } },
        },
        global: { imageRegistry: 'mirror.internal', imagePullSecrets: ['pull'] },
        image: { tag: '1.2.3+build' },
        nameOverride: 'speech',
        commonLabels: { team: 'speech' },
        commonAnnotations: { owner: 'speech@example.org' },
        podLabels: { tier: 'control' },
      };
      const manifests = await renderChart(values, { helm, release });
      const own = manifests.objects.filter(
        ({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === 'operator',
      );
      expect(own.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining([
          'APIService',
          'ClusterRole',
          'Deployment',
          'Secret',
          'Service',
          'ServiceAccount',
        ]),
      );
      for (const { metadata } of own) {
        expect(metadata.labels).toMatchObject({ team: 'speech', 'app.kubernetes.io/name': 'speech' });
        expect(metadata.annotations).toMatchObject({ owner: 'speech@example.org' });
        expect(metadata.name.length).toBeLessThanOrEqual(63);
      }
      const deployment = own.find(({ kind }) => kind === 'Deployment') as Workload;
      expect(deployment.metadata.name).toMatch(/^a-release-with-the-longest-nam.*-[0-9a-f]{8}-operator$/);
      const { metadata, spec } = deployment.spec.template;
      expect(metadata.labels).toMatchObject({ tier: 'control' });
      expect(spec.imagePullSecrets).toEqual([{ name: 'pull' }]);
      const [container] = spec.containers;
      expect(container?.image).toBe(`mirror.internal/parlance/operator@${DIGEST}`);
      const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
      expect(env).toMatchObject({
        PARLANCE_OPERATOR_APP_NAME: 'speech',
        PARLANCE_OPERATOR_LEASE: deployment.metadata.name,
        PARLANCE_OPERATOR_IMAGE_CPU: 'mirror.internal/parlance/inference-cpu:1.2.3_build',
        PARLANCE_OPERATOR_IMAGE_CUDA: `gpu.example.org/parlance/inference-cuda@${DIGEST}`,
        PARLANCE_OPERATOR_IMAGE_CLI: 'mirror.internal/parlance/cli:1.2.3_build',
        PARLANCE_OPERATOR_IMAGE_TTS: 'mirror.internal/parlance/tts:1.2.3_build',
      });
    },
    LIMIT_MS,
  );

  it(
    "takes extra volumes, mounts, containers, annotations, labels and the account of a cloud's role",
    async () => {
      const role = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/speech' };
      const manifests = await renderChart(
        {
          commonLabels: { team: 'speech' },
          commonAnnotations: { owner: 'speech@example.org' },
          podAnnotations: { 'sidecar.istio.io/inject': 'true' },
          services: {
            tts: {
              serviceAccount: { annotations: role },
              podLabels: { tier: 'voice' },
              extraVolumes: [{ name: 'voices', emptyDir: {} }],
              extraVolumeMounts: [{ name: 'voices', mountPath: '/voices' }],
              extraContainers: [{ name: 'proxy', image: 'example.test/proxy' }],
              initContainers: [{ name: 'first', image: 'example.test/first' }],
              envFrom: [{ configMapRef: { name: 'more' } }],
              lifecycle: { postStart: { exec: { command: ['true'] } } },
            },
          },
        },
        { helm },
      );
      const { template } = manifests.get<Workload>('Deployment', 'voice-tts').spec;
      expect(manifests.get('ServiceAccount', 'voice-tts').metadata.annotations).toMatchObject(role);
      expect(template.metadata.labels).toMatchObject({ tier: 'voice' });
      expect(template.metadata.annotations).toMatchObject({ 'sidecar.istio.io/inject': 'true' });
      expect(template.spec.volumes).toContainEqual({ name: 'voices', emptyDir: {} });
      expect(template.spec.containers.map(({ name }) => name)).toEqual(['tts', 'proxy']);
      expect(template.spec.initContainers!.map(({ name }) => name)).toEqual(['models', 'first']);
      const tts = template.spec.containers[0]!;
      expect(tts).toMatchObject({ envFrom: [{ configMapRef: { name: 'more' } }] });
      expect(tts.lifecycle).toMatchObject({ postStart: {}, preStop: { sleep: { seconds: 5 } } });
      for (const { metadata } of manifests.objects) {
        expect(metadata.labels).toMatchObject({ team: 'speech' });
        expect(metadata.annotations).toMatchObject({ owner: 'speech@example.org' });
      }
    },
    LIMIT_MS,
  );

  it(
    'reads variables from the secrets and keys that the values name',
    async () => {
      const secretKeys = { MONGODB_URI: { name: 'atlas', key: 'uri' }, NATS_URL: { key: 'bus' } };
      const found = (await renderChart({ secretName: 'speech', secretKeys }, { helm })).env('conversation');
      expect(found.MONGODB_URI!.valueFrom!.secretKeyRef).toEqual({ name: 'atlas', key: 'uri' });
      expect(found.NATS_URL!.valueFrom!.secretKeyRef).toEqual({ name: 'speech', key: 'bus' });
      expect(found.GROQ_API_KEY!.valueFrom!.secretKeyRef).toEqual({
        ...{ name: 'speech', key: 'GROQ_API_KEY', optional: true },
      });
    },
    LIMIT_MS,
  );

  it(
    "keeps names within Kubernetes' limits, for a release of 53 letters and a chart version with +build",
    async () => {
      const { folder, remove } = copyChart({
        version: '0.2.0+build.20260101.abcdef',
        appVersion: '1.0.0+git.1',
      });
      try {
        const values = { nats: { enabled: true }, mongodb: { enabled: true }, s3: { enabled: true } };
        const manifests = await renderChart(values, { helm, release: 'r'.repeat(53), chart: folder });
        const names = manifests.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
        expect(new Set(names).size).toBe(names.length);
        for (const { kind, metadata } of manifests.objects) {
          expect(metadata.name.length).toBeLessThanOrEqual(kind === 'StatefulSet' ? 52 : 63);
          for (const value of Object.values(metadata.labels ?? {}))
            expect(value).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
        }
        expect(manifests.containers().map(({ image }) => image)).toContain('parlance/gateway:1.0.0_git.1');
      } finally {
        remove();
      }
    },
    LIMIT_MS,
  );

  it(
    'tells two long releases apart that begin alike',
    async () => {
      const named = async (release: string): Promise<string[]> =>
        (await renderChart({}, { helm, release })).objects.map(({ metadata }) => metadata.name);
      const [one, other] = [await named(`${'r'.repeat(52)}a`), await named(`${'r'.repeat(52)}b`)];
      expect(one.filter((name) => other.includes(name))).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'installs what is enabled and nothing else',
    async () => {
      const values = {
        services: { tts: { enabled: false }, telegram: { enabled: true } },
        inferenceAddresses: ['whisper:50061'],
      };
      const manifests = await renderChart(values, { helm });
      const deployments = manifests.ofKind('Deployment').map(({ metadata }) => metadata.name);
      expect(deployments.sort()).toEqual([
        'voice-conversation',
        'voice-gateway',
        'voice-inference',
        'voice-telegram',
      ]);
      expect(manifests.objects.some(({ metadata }) => metadata.name.startsWith('voice-tts'))).toBe(false);
      expect(manifests.env('gateway').PARLANCE_INFERENCE_ADDRESSES!.value).toBe('whisper:50061');
    },
    LIMIT_MS,
  );

  it(
    'serves by ingress or by routes of the Gateway API, and gets certificates, where asked to',
    async () => {
      const manifests = await renderChart(
        {
          tls: { secretName: 'public-tls' },
          mutualTls: { secretName: 'inner-tls', secretNames: { tts: 'tts-tls' } },
          certificates: { enabled: true, issuerRef: { name: 'corporate' }, dnsNames: ['speech.example.org'] },
          ingress: {
            enabled: true,
            className: 'nginx',
            hosts: ['speech.example.org'],
            grpcHosts: ['grpc.example.org'],
          },
          gatewayApi: { enabled: true, parentRefs: [{ name: 'public' }], hostnames: ['speech.example.org'] },
          privateCa: { configMapName: 'corporate-ca' },
        },
        { helm },
      );
      const certificates = manifests.ofKind<
        KubeObject & { spec: { secretName: string; dnsNames: string[] } }
      >('Certificate');
      expect(certificates.map(({ spec }) => spec.secretName).sort()).toEqual([
        'inner-tls',
        'public-tls',
        'tts-tls',
      ]);
      expect(certificates.find(({ spec }) => spec.secretName === 'tts-tls')!.spec.dnsNames).toContain(
        'voice-tts.speech.svc',
      );
      expect(manifests.ofKind('Ingress').map(({ metadata }) => metadata.name)).toEqual([
        'voice-gateway',
        'voice-gateway-grpc',
      ]);
      expect(manifests.get('HTTPRoute', 'voice-gateway').spec).toMatchObject({
        hostnames: ['speech.example.org'],
      });
      expect(manifests.get('GRPCRoute', 'voice-gateway').spec).toMatchObject({
        parentRefs: [{ name: 'public' }],
      });
      for (const service of SERVICES)
        expect(manifests.env(service).NODE_EXTRA_CA_CERTS!.value).toBe('/private-ca/ca.crt');
    },
    LIMIT_MS,
  );
});
