import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kubebox } from '../support/kubebox.js';
import {
  conditionOf,
  installDefinitions,
  PodMetrics,
  speechModel,
  SPEECH_MODELS,
  startOperator,
  type SpeechModelObject,
} from '../support/operator.js';
import type { ServiceProcess } from '../support/service-process.js';

const LIMIT_MS = 120_000;
const ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/rel-operator';

interface Role {
  readonly rules: readonly { readonly resources: readonly string[] }[];
}

describe("the operator with the rights of the chart's role", () => {
  let box: Kubebox;
  let metrics: PodMetrics;
  let operator: ServiceProcess;

  beforeAll(async () => {
    [box, metrics] = await Promise.all([
      Kubebox.start({ capacity: { cpu: '64', memory: '256Gi', pods: '110' } }),
      PodMetrics.start(),
    ]);
    await installDefinitions(box);
    await box.createNamespace('sys', 'restricted');
    const chart = ['template', 'rel', 'charts/parlance', '--namespace', 'sys'];
    const values = ['--set', 'operator.enabled=true,operator.metricsApi.enabled=false'];
    const rendered = await box.helm([...chart, ...values, '-s', 'templates/operator-rbac.yaml']);
    await box.apply(rendered, 'sys');
    await box.kubectl(['create', 'serviceaccount', 'rel-operator', '-n', 'sys']);
    const token = (
      await box.kubectl(['create', 'token', 'rel-operator', '-n', 'sys', '--duration=1h'])
    ).trim();
    const kubeconfig = join(box.folder, 'operator.kubeconfig');
    const certificate = Buffer.from(box.pki('ca.crt')).toString('base64');
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'box',
        contexts: [{ name: 'box', context: { cluster: 'box', user: 'operator' } }],
        clusters: [{ name: 'box', cluster: { server: box.url, 'certificate-authority-data': certificate } }],
        users: [{ name: 'operator', user: { token } }],
      }),
    );
    operator = await startOperator(box, 'one', {
      KUBECONFIG: kubeconfig,
      PARLANCE_OPERATOR_NAMESPACE: 'sys',
      PARLANCE_OPERATOR_LEASE: 'rel-operator',
      PARLANCE_OPERATOR_POD_METRICS_URL: metrics.url,
    });
  }, 600_000);
  afterAll(async () => {
    await operator?.end('SIGTERM');
    await metrics?.stop();
    await box?.stop();
  });

  const waitFor = (name: string, type: string, state: string) =>
    box.waitFor<SpeechModelObject>(
      SPEECH_MODELS('default', name),
      (model) => conditionOf(model, type) === state,
      LIMIT_MS,
    );

  it("does all that it does with an administrator's", async () => {
    const cache = {
      apiVersion: 'parlance.dev/v1alpha1',
      kind: 'ModelCache',
      metadata: { name: 'shared' },
      spec: { models: ['whisper-base'], storage: { size: '1Gi' } },
    };
    const volume = { warmPool: { volume: { size: '1Gi' } } };
    await box.apply([
      cache,
      speechModel('scaled', { replicas: { min: 1, max: 3 }, cache: { name: 'shared' } }),
      speechModel('warm', volume),
    ]);
    await waitFor('scaled', 'Ready', 'True PodsReady');
    await waitFor('warm', 'Ready', 'True PodsReady');
    const events = await box.kubectl(['get', 'events', '-o', 'jsonpath={.items[*].reason}']);
    expect(events).toContain('PodsReady');
    expect(operator.log.filter(({ err }) => JSON.stringify(err ?? '').includes('forbidden'))).toEqual([]);
  }, 600_000);

  it('says which right is missing while it is taken away, and goes on when it is given back', async () => {
    const role = await box.get<Role>(ROLE);
    const without = role!.rules.filter(({ resources }) => !resources.includes('deployments'));
    const give = (rules: Role['rules']) =>
      box.request('PATCH', ROLE, { rules }, 'application/merge-patch+json');
    await give(without);
    await box.apply([speechModel('late')]);
    const stalled = await waitFor('late', 'Stalled', 'True Forbidden');
    expect(stalled.status?.conditions?.find(({ type }) => type === 'Stalled')?.message).toContain(
      'deployments',
    );
    await give(role!.rules);
    await waitFor('late', 'Ready', 'True PodsReady');
    await waitFor('late', 'Stalled', 'False NotStalled');
  }, 600_000);

  it('ends by no loss of rights: without any it waits until it has them again', async () => {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/rel-operator';
    const binding = await box.get<{ metadata: object; roleRef: object; subjects: object[] }>(path);
    await box.request('DELETE', path);
    await box.apply([speechModel('later')]);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(operator.hasEnded).toBe(false);
    await box.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'rel-operator' },
        roleRef: binding!.roleRef,
        subjects: binding!.subjects,
      },
    ]);
    await waitFor('later', 'Ready', 'True PodsReady');
  }, 600_000);
});
