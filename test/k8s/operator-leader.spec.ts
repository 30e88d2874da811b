import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workload } from '../support/kube-objects.js';
import type { Kubebox } from '../support/kubebox.js';
import { speechModel } from '../support/operator.js';
import { OperatorCluster } from '../support/operator-cluster.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/parlance-operator';
const LIMIT_MS = 120_000;
/** From the death of a leader to the first act of the next. */
const TAKEOVER_MS = 20_000;

/** A write as the API server logged it. */
interface AuditedWrite {
  readonly userAgent?: string;
  readonly verb: string;
  readonly stageTimestamp: string;
  readonly requestReceivedTimestamp: string;
  readonly responseStatus?: { readonly code: number };
  readonly objectRef?: { readonly resource: string };
}

const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete'] }, { level: 'None' }],
};

describe('two replicas of the operator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-audit-'));
  const audit = join(folder, 'audit.log');
  let cluster: OperatorCluster;
  let box: Kubebox;
  const replicas = new Map<string, ServiceProcess>();

  beforeAll(async () => {
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(POLICY));
    cluster = await OperatorCluster.start({
      flags: [
        `--apiserver-flag=--audit-policy-file=${join(folder, 'policy.json')}`,
        `--apiserver-flag=--audit-log-path=${audit}`,
      ],
    });
    ({ box } = cluster);
    await Promise.all([start('one'), start('two')]);
  }, 600_000);
  afterAll(async () => {
    await Promise.all([...replicas.values()].map((replica) => replica.end('SIGKILL')));
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(identity: string): Promise<void> {
    // One of them as outside of the cluster.
    const environment: Record<string, string> = identity === 'two' ? { KUBECONFIG: box.kubeconfig } : {};
    replicas.set(identity, await cluster.operator(identity, environment));
  }
  const holder = async (): Promise<string> =>
    (await box.get<{ spec: { holderIdentity?: string } }>(LEASE))?.spec.holderIdentity ?? '';
  const leader = () => until(async () => (await holder()) || undefined, LIMIT_MS);
  const other = (identity: string): string => (identity === 'one' ? 'two' : 'one');
  const waitReady = (name: string, limitMs = LIMIT_MS) =>
    cluster.waitForCondition(name, 'Ready', 'True PodsReady', { limitMs });

  it('have one leader, and both are ready', async () => {
    await leader();
    const parts = await Promise.all(
      [...replicas.values()].map(async ({ opsUrl }) => (await fetch(`${opsUrl}/readyz`)).json()),
    );
    const elections = parts.map((answer) => (answer as { parts: { election: string } }).parts.election);
    expect(elections.sort()).toEqual(['follows', 'leads']);
    await box.apply([speechModel('first')]);
    await waitReady('first');
  }, 600_000);

  it('act again within 20 s of kill -9 of the leader', async () => {
    const dead = await leader();
    await replicas.get(dead)!.end('SIGKILL');
    const killedAt = Date.now();
    await box.apply([speechModel('second')]);
    const made = await until(
      async () =>
        (
          await box.list(
            '/apis/apps/v1/namespaces/default/deployments?labelSelector=parlance.dev%2Fmodel%3Dsecond',
          )
        ).length > 0 && Date.now(),
      LIMIT_MS,
    );
    expect(made - killedAt).toBeLessThan(TAKEOVER_MS);
    expect(await holder()).toBe(other(dead));
    await waitReady('second');
    await start(dead);
  }, 600_000);

  it('never write both: a leader that was suspended while the other took over writes nothing when it wakes', async () => {
    const suspended = await leader();
    replicas.get(suspended)!.freeze();
    const next = other(suspended);
    await until(async () => (await holder()) === next, LIMIT_MS);
    // Work that the suspended one sees the moment it wakes, with caches that are old.
    const { status } = await waitReady('first');
    const path = `/apis/apps/v1/namespaces/default/deployments/first-${status?.stableRevision}`;
    await box.request('PATCH', path, { spec: { replicas: 5 } }, 'application/merge-patch+json');
    replicas.get(suspended)!.thaw();
    await box.request('PATCH', path, { spec: { replicas: 4 } }, 'application/merge-patch+json');
    await box.waitFor<Workload>(path, ({ spec }) => spec.replicas === 1, LIMIT_MS);
    await box.apply([speechModel('third')]);
    await waitReady('third');
    expect(await holder()).toBe(next);

    // Each replica's writes, in the order in which the server did them: of terms that follow each other, never mixed.
    const writes = readFileSync(audit, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditedWrite)
      .filter(
        ({ userAgent, objectRef, responseStatus }) =>
          userAgent?.startsWith('parlance-operator') &&
          objectRef?.resource !== 'leases' &&
          (responseStatus?.code ?? 0) < 300,
      )
      .sort((a, b) => a.stageTimestamp.localeCompare(b.stageTimestamp))
      .map(({ userAgent }) => (userAgent?.includes('(one)') ? 'one' : 'two'));
    const terms = writes.filter((identity, i) => identity !== writes[i - 1]);
    // first: one of them; after the kill: the other; after the suspension: the first again.
    expect(terms).toEqual([other(suspended), suspended, next]);
  }, 600_000);

  it('go on when the API server was killed and comes back', async () => {
    await box.down('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await box.up();
    await box.apply([speechModel('fourth')]);
    await waitReady('fourth');
    expect([...replicas.values()].map(({ hasEnded }) => hasEnded)).toEqual([false, false]);
  }, 600_000);

  it('go on after the API server and etcd stood still', async () => {
    box.freeze();
    await new Promise((resolve) => setTimeout(resolve, 25_000));
    box.thaw();
    await box.apply([speechModel('fifth')]);
    await waitReady('fifth');
    expect([...replicas.values()].map(({ hasEnded }) => hasEnded)).toEqual([false, false]);
  }, 600_000);

  it('hand the lease on at once when the leader is asked to end', async () => {
    const ending = await leader();
    const begun = Date.now();
    expect(await replicas.get(ending)!.end('SIGTERM')).toBe(0);
    await until(async () => (await holder()) === other(ending), LIMIT_MS);
    expect(Date.now() - begun).toBeLessThan(10_000);
  }, 600_000);
});
