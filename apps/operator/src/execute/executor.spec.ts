import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../api/group.js';
import { EventRecorder } from '../kit/event-recorder.js';
import type { KubeObject } from '../kit/kube-object.js';
import { digestOf } from '../kit/server-side-apply.js';
import type { Plan } from '../plan/plan.js';
import { NotedCluster, refusal } from '../../../../test/support/noted-cluster.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { Executor } from './executor.js';
import { StatusWriter } from './status-writer.js';

const OWNER: KubeObject = {
  apiVersion: 'parlance.dev/v1alpha1',
  kind: 'SpeechModel',
  metadata: { name: 'english', namespace: 'voices', uid: 'owner', resourceVersion: '5' },
  status: {},
};
const OWNED = [{ apiVersion: '', kind: 'SpeechModel', name: 'english', uid: 'owner', controller: true }];
const service = (name: string, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'voices', ...metadata },
  spec: { clusterIP: 'None' },
});
const NOTHING: Plan<object> = {
  ...{ apply: [], remove: [], scale: [], pods: [], check: undefined, status: {}, events: [] },
  againMs: undefined,
};

function executorOn(cluster: NotedCluster): Executor {
  const events = new EventRecorder(cluster.client, 'operator-0', silentLogger);
  return new Executor(cluster.client, new StatusWriter(cluster.client, events), events);
}

describe('Executor.find', () => {
  it("tells the owner's own objects from those that others made under the names", async () => {
    const own = service('own', { ownerReferences: OWNED });
    const foreign = service('foreign');
    const cluster = new NotedCluster([own, foreign]);
    const wanted = ['known', 'own', 'foreign', 'new'].map((name) => service(name));
    const found = await executorOn(cluster).find(OWNER, wanted, [service('known')]);
    expect(found).toEqual({ own: [own], foreign: [foreign] });
    // What the informers hold is not read again.
    expect(cluster.calls).not.toContain('get Service/known');
  });

  it('fails where the cluster does not say whether there is one', async () => {
    const cluster = new NotedCluster();
    cluster.refusals.set('get', refusal(500));
    await expect(executorOn(cluster).find(OWNER, [service('a')], [])).rejects.toThrow('refused');
  });
});

describe('Executor.execute', () => {
  it('makes objects, writes the status, and only then removes, scales, labels and tells', async () => {
    const cluster = new NotedCluster();
    await executorOn(cluster).execute(
      OWNER,
      {
        ...NOTHING,
        apply: [service('new')],
        remove: [service('old', { uid: 'old-uid' })],
        scale: [{ workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'english-1' }, replicas: 0 }],
        pods: [{ name: 'pod-1', uid: 'pod-uid', labels: { routed: 'true' } }],
        status: { observedGeneration: 3 },
        events: [{ type: 'Normal', reason: 'RolledOut', message: 'done' }],
      },
      [],
    );
    expect(cluster.calls).toEqual([
      'apply object Service/new',
      'apply status SpeechModel/english',
      'delete Service/old old-uid',
      'merge scale Deployment/english-1 {"spec":{"replicas":0}}',
      'merge object Pod/pod-1 {"metadata":{"uid":"pod-uid","labels":{"routed":"true"}}}',
      'event RolledOut',
    ]);
  });

  it('leaves an object alone that is as it is wanted, and repairs one that somebody has changed', async () => {
    const wanted = service('same');
    const applied = service('same', {
      annotations: { [ANNOTATIONS.applied]: digestOf(wanted) },
      uid: 'live',
      resourceVersion: '4',
    });
    const cluster = new NotedCluster();
    const executor = executorOn(cluster);
    await executor.execute(OWNER, { ...NOTHING, apply: [wanted] }, [applied]);
    expect(cluster.calls).toEqual([]);

    await executor.execute(OWNER, { ...NOTHING, apply: [wanted] }, [
      { ...applied, spec: { clusterIP: '10.0.0.1' } },
    ]);
    // With the version that was observed: whoever changes it meanwhile is not overwritten.
    expect(cluster.applied[0]?.metadata).toMatchObject({ uid: 'live', resourceVersion: '4' });
  });

  it.each([404, 409])('takes what has gone or was made anew for removed (%s)', async (status) => {
    const cluster = new NotedCluster();
    cluster.refusals.set('delete', refusal(status)).set('merge', refusal(status));
    const plan = { ...NOTHING, remove: [service('old')], pods: [{ name: 'pod-1', uid: 'u' }] };
    await executorOn(cluster).execute(OWNER, plan, []);
    expect(cluster.calls).toHaveLength(2);
  });

  it('stops at any other fault, before what comes next', async () => {
    const cluster = new NotedCluster();
    cluster.refusals.set('delete', refusal(500));
    const plan = { ...NOTHING, remove: [service('old')], pods: [{ name: 'pod-1', uid: 'u' }] };
    await expect(executorOn(cluster).execute(OWNER, plan, [])).rejects.toThrow('refused');
    expect(cluster.calls).toEqual(['delete Service/old undefined']);
  });
});

describe('StatusWriter', () => {
  const writerOn = ({ client }: NotedCluster): StatusWriter =>
    new StatusWriter(client, new EventRecorder(client, 'operator-0', silentLogger));
  const condition = (type: string, status: string, reason: string) => ({
    ...{ type, status, reason, message: 'why', lastTransitionTime: '2026-05-01T10:00:00Z' },
  });

  it('writes only what has changed', async () => {
    const cluster = new NotedCluster();
    const object = { ...OWNER, status: { a: 1, b: 2 } };
    await writerOn(cluster).write(object, { b: 2, a: 1 });
    expect(cluster.calls).toEqual([]);
    await writerOn(cluster).write(object, { a: 2 });
    expect(cluster.applied[0]).toMatchObject({ status: { a: 2 }, metadata: { uid: 'owner' } });
  });

  it('goes on from what it wrote until the informer has it too', async () => {
    const writer = writerOn(new NotedCluster());
    await writer.write(OWNER, { stableRevision: 'new' });
    expect(writer.latest(OWNER).status).toEqual({ stableRevision: 'new' });
    const informed = {
      ...OWNER,
      metadata: { ...OWNER.metadata, resourceVersion: '10' },
      status: { stableRevision: 'newer' },
    };
    expect(writer.latest(informed)).toBe(informed);
    // From then on the informer is believed.
    expect(writer.latest(OWNER)).toBe(OWNER);
  });

  it('forgets an object that has gone', async () => {
    const writer = writerOn(new NotedCluster());
    await writer.write(OWNER, { stableRevision: 'new' });
    writer.forget('owner');
    expect(writer.latest(OWNER)).toBe(OWNER);
  });

  it('tells of conditions that have changed, but not that a new object is not stalled', async () => {
    const cluster = new NotedCluster();
    const writer = writerOn(cluster);
    const first = [condition('Ready', 'True', 'PodsReady'), condition('Stalled', 'False', 'NotStalled')];
    await writer.write(OWNER, { conditions: first });
    expect(cluster.calls.filter((call) => call.startsWith('event'))).toEqual(['event PodsReady']);
    const second = [condition('Ready', 'False', 'PodsNotReady'), condition('Stalled', 'True', 'NameTaken')];
    await writer.write({ ...OWNER, status: { conditions: first } }, { conditions: second });
    expect(cluster.calls.filter((call) => call.startsWith('event'))).toEqual([
      'event PodsReady',
      'event PodsNotReady',
      'event NameTaken',
    ]);
  });
});
