import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHART, copyChart, HELM_VERSIONS, SERVICES } from '../support/charts.js';
import type { KubeObject, Workload } from '../support/kube-objects.js';
import { Kubebox } from '../support/kubebox.js';

const LIMIT_MS = 600_000;
const SECRET = {
  NATS_URL: 'nats://bus.example.org:4222',
  MONGODB_URI: 'mongodb://store.example.org/parlance',
  PARLANCE_API_KEYS: `acme:${'0'.repeat(64)}`,
};

describe.each(HELM_VERSIONS)('an installed chart, with Helm %i', (helm) => {
  const namespace = `speech-${helm}`;
  let box: Kubebox;

  beforeAll(async () => {
    box = await Kubebox.start({ nodes: 3, labels: { 'parlance.dev/pool': 'inference' } });
    await box.createNamespace(namespace);
  }, LIMIT_MS);
  afterAll(() => box?.stop(), 60_000);

  const deployment = (service: string) =>
    `/apis/apps/v1/namespaces/${namespace}/deployments/voice-${service}`;
  const get = (service: string) => box.get<Workload>(deployment(service));
  const run = (args: readonly string[]) => box.run(helm === 3 ? 'helm3' : 'helm', [...args, '-n', namespace]);
  const upgrade = (...args: string[]) =>
    run(['upgrade', 'voice', CHART, '--wait', '--timeout', '240s', ...args]);
  const secret = (data: Record<string, string>) =>
    box.apply(
      [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'parlance' }, stringData: data }],
      namespace,
    );
  const revisions = async (): Promise<Record<string, string | undefined>> => {
    const pairs = SERVICES.map(async (service) => {
      const { metadata } = (await get(service))!;
      return [service, metadata.annotations!['deployment.kubernetes.io/revision']] as const;
    });
    return Object.fromEntries(await Promise.all(pairs));
  };

  it(
    'says what is missing, and is not ready before it is there',
    async () => {
      const { status, output, errors } = await run(['install', 'voice', CHART]);
      expect({ status, errors }).toMatchObject({ status: 0 });
      expect(output).toContain('The secret parlance with the keys MONGODB_URI, NATS_URL, PARLANCE_API_KEYS.');
      expect(output).toContain('metrics-server, which the autoscalers ask');
      await secret({ PARLANCE_API_KEYS: SECRET.PARLANCE_API_KEYS });
      const upgraded = await run(['upgrade', 'voice', CHART]);
      expect(upgraded.output).toContain('The keys MONGODB_URI, NATS_URL in the secret parlance.');
      expect((await get('gateway'))!.status?.readyReplicas).toBeUndefined();
    },
    LIMIT_MS,
  );

  it(
    'becomes ready with --wait once the secret is there, with every replica',
    async () => {
      await secret(SECRET);
      const { status, output, errors } = await upgrade();
      expect({ status, errors }).toMatchObject({ status: 0 });
      expect(output).not.toContain('secret parlance with the keys');
      for (const service of SERVICES)
        expect((await get(service))!.status).toMatchObject({ readyReplicas: 2 });
    },
    LIMIT_MS,
  );

  it(
    'restarts the pods that use a secret when its value has changed, and no others',
    async () => {
      const before = await revisions();
      await secret({ ...SECRET, PARLANCE_API_KEYS: `acme:${'1'.repeat(64)}` });
      expect((await upgrade()).errors).not.toContain('Error');
      const after = await revisions();
      expect(Number(after.gateway)).toBe(Number(before.gateway) + 1);
      expect({ ...after, gateway: '' }).toEqual({ ...before, gateway: '' });
    },
    LIMIT_MS,
  );

  it(
    'restarts no pod when only the chart has another version',
    async () => {
      const before = await revisions();
      const { folder, remove } = copyChart({ version: '0.2.1+build.7' });
      const { status, errors } = await run(['upgrade', 'voice', folder, '--wait', '--timeout', '240s']);
      remove();
      expect({ status, errors }).toMatchObject({ status: 0 });
      expect((await get('gateway'))!.metadata.labels!['helm.sh/chart']).toBe('parlance-0.2.1_build.7');
      expect(await revisions()).toEqual(before);
    },
    LIMIT_MS,
  );

  it(
    'keeps the number of pods that the autoscaler has chosen through an upgrade',
    async () => {
      // As the autoscaler does: by the scale subresource.
      const scale = { spec: { replicas: 4 } };
      await box.request('PATCH', `${deployment('tts')}/scale`, scale, 'application/merge-patch+json');
      await box.waitFor<Workload>(deployment('tts'), ({ status }) => status?.readyReplicas === 4);
      const { status, errors } = await upgrade('--set', 'telemetry.logLevel=debug');
      expect({ status, errors }).toMatchObject({ status: 0 });
      expect((await get('tts'))!.spec.replicas).toBe(4);
    },
    LIMIT_MS,
  );

  it(
    'does not count as ready while one of several pods is not',
    async () => {
      const values = ['--set', 'services.tts.podAnnotations.kubebox/fate=NotReady'];
      const { status, errors } = await run([
        'upgrade',
        'voice',
        CHART,
        '--wait',
        '--timeout',
        '5s',
        ...values,
      ]);
      expect(status).not.toBe(0);
      expect(errors).toMatch(/deadline|not ready|InProgress/i);
      // Helm 3 compares with the last release that did not fail: it would leave an annotation that only a failed one brought.
      const { status: repaired, errors: left } = await upgrade(
        '--reset-values',
        '--set',
        'services.tts.podAnnotations.kubebox/fate=Running',
      );
      expect({ repaired, left }).toMatchObject({ repaired: 0 });
    },
    LIMIT_MS,
  );

  it(
    'leaves nothing behind but its namespace and the secret',
    async () => {
      const { status, errors } = await run(['uninstall', 'voice', '--wait']);
      expect({ status, errors }).toMatchObject({ status: 0 });
      const kinds =
        'deployments,statefulsets,jobs,services,pdb,hpa,networkpolicies,roles,rolebindings,configmaps';
      const left = await box.kubectl(['-n', namespace, 'get', kinds, '-o', 'name']);
      expect(
        left
          .trim()
          .split('\n')
          .filter((name) => !name.includes('kube-root-ca')),
      ).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'runs NATS, MongoDB and an S3 store of its own, whose passwords survive an upgrade',
    async () => {
      const stores = ['nats', 'mongodb', 's3'].flatMap((store) => ['--set', `${store}.enabled=true`]);
      const args = [CHART, '-f', 'helm/kind.yaml', '--wait', '--timeout', '240s', ...stores];
      expect((await run(['install', 'voice', ...args])).errors).not.toContain('Error');
      const secrets = async () => {
        const all = await box.list<KubeObject & { data: object }>(`/api/v1/namespaces/${namespace}/secrets`);
        return all.filter(({ metadata }) => metadata.name.startsWith('voice-')).map(({ data }) => data);
      };
      const made = await secrets();
      expect(made).toHaveLength(3);
      expect((await run(['upgrade', 'voice', ...args])).status).toBe(0);
      expect(await secrets()).toEqual(made);
      const sets = await box.list<Workload>(`/apis/apps/v1/namespaces/${namespace}/statefulsets`);
      expect(sets.map(({ status }) => status!.readyReplicas)).toEqual([1, 1, 1]);
    },
    LIMIT_MS,
  );
});
