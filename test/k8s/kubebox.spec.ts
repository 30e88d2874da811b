import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kubebox } from '../support/kubebox.js';
import type { KubeObject, Workload } from '../support/kube-objects.js';

const POD = {
  containers: [
    {
      name: 'web',
      image: 'example.test/web',
      env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'web', key: 'KEY' } } }],
    },
  ],
};
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: POD },
  },
};
const DEPLOYMENT = '/apis/apps/v1/namespaces/default/deployments/web';

describe('the control plane that the k8s tests run on', () => {
  let box: Kubebox;

  beforeAll(async () => {
    box = await Kubebox.start({ nodes: 2, capacity: { cpu: '4', memory: '8Gi', pods: '20' } });
  }, 120_000);

  afterAll(() => box?.stop());

  it('is Kubernetes 1.37, and kubectl and both Helms talk to it', async () => {
    expect(await box.kubectl(['version'])).toMatch(/Server Version: v1\.37/);
    expect(await box.helm(['version', '--short'])).toMatch(/^v4\./);
    expect(await box.helm(['version', '--short'], 3)).toMatch(/^v3\./);
  }, 60_000);

  it('runs pods once the secrets that they name are there', async () => {
    await box.apply([deployment]);
    await box.waitFor<{
      items: { status: { containerStatuses?: { state: { waiting?: { message: string } } }[] } }[];
    }>(
      '/api/v1/namespaces/default/pods',
      ({ items }) =>
        items.length === 2 &&
        items.every(
          ({ status }) => status.containerStatuses?.[0]?.state.waiting?.message === 'secret "web" not found',
        ),
    );
    await box.apply([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web' }, stringData: { KEY: 'k' } },
    ]);
    const { status } = await box.waitFor<Workload>(DEPLOYMENT, (web) => web.status?.readyReplicas === 2);
    expect(status?.availableReplicas).toBe(2);
  }, 120_000);

  it('binds a claim of the default storage class', async () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
    };
    await box.apply([claim]);
    const bound = await box.waitFor<KubeObject & { status?: { phase?: string; capacity?: object } }>(
      '/api/v1/namespaces/default/persistentvolumeclaims/data',
      ({ status }) => status?.phase === 'Bound',
    );
    expect(bound.status?.capacity).toEqual({ storage: '1Gi' });
  }, 60_000);

  it("refuses pods that the namespace's Pod Security standard forbids", async () => {
    await box.createNamespace('held');
    const { status, errors } = await box.run('kubectl', [
      '-n',
      'held',
      'run',
      'bad',
      '--image=example.test/x',
    ]);
    expect(status).not.toBe(0);
    expect(errors).toContain('violates PodSecurity "restricted');
  }, 60_000);

  it('lets a deleted pod end as late as it asks to', async () => {
    const ending = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'ending', annotations: { 'kubebox/ends-after': '20s' } },
      spec: { containers: [{ name: 'x', image: 'example.test/x' }] },
    };
    const path = '/api/v1/namespaces/default/pods/ending';
    await box.apply([ending]);
    await box.waitFor<{ status: { phase?: string } }>(path, ({ status }) => status.phase === 'Running');
    await box.kubectl(['delete', 'pod', 'ending', '--wait=false']);
    const left = await box.waitFor<{ status: { conditions: { type: string; status: string }[] } }>(
      path,
      ({ status }) => status.conditions.some(({ type, status }) => type === 'Ready' && status === 'False'),
    );
    expect(left).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String) },
      status: { phase: 'Running' },
    });
  }, 60_000);

  it('goes on from its state after it was killed', async () => {
    await box.down('SIGKILL');
    await box.up();
    const web = await box.get<Workload>(DEPLOYMENT);
    expect(web?.status?.readyReplicas).toBe(2);
    await box.kubectl(['scale', 'deployment', 'web', '--replicas=3']);
    await box.waitFor<Workload>(DEPLOYMENT, ({ status }) => status?.readyReplicas === 3);
  }, 120_000);
});
