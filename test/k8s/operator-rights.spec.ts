import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Kubebox } from '../support/kubebox.js';
import { speechModel } from '../support/operator.js';
import { OperatorCluster } from '../support/operator-cluster.js';
import type { ServiceProcess } from '../support/service-process.js';

const ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/parlance-operator';

interface Role {
  readonly rules: readonly { readonly resources: readonly string[] }[];
}

describe("the operator with the rights of the chart's role", () => {
  let cluster: OperatorCluster;
  let box: Kubebox;
  let operator: ServiceProcess;

  beforeAll(async () => {
    cluster = await OperatorCluster.start();
    ({ box } = cluster);
    operator = await cluster.operator();
  }, 600_000);
  afterAll(() => cluster?.stop());

  const waitFor = (name: string, type: string, state: string) => cluster.waitForCondition(name, type, state);

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
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/parlance-operator';
    const binding = await box.get<{ metadata: object; roleRef: object; subjects: object[] }>(path);
    await box.request('DELETE', path);
    await box.apply([speechModel('later')]);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(operator.hasEnded).toBe(false);
    await box.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'parlance-operator' },
        roleRef: binding!.roleRef,
        subjects: binding!.subjects,
      },
    ]);
    await waitFor('later', 'Ready', 'True PodsReady');
  }, 600_000);
});
