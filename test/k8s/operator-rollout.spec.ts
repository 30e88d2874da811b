import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../support/free-port.js';
import type { KubeObject, Workload } from '../support/kube-objects.js';
import type { Kubebox } from '../support/kubebox.js';
import {
  conditionOf,
  speechModel,
  SPEECH_MODELS,
  type PodMetrics,
  type SpeechModelObject,
} from '../support/operator.js';
import { OperatorCluster } from '../support/operator-cluster.js';
import { SpeechServer } from '../support/speech-server.js';

const LIMIT_MS = 120_000;
const TEXT = 'The quick brown fox jumps over the lazy dog.';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

describe('a rollout', () => {
  let cluster: OperatorCluster;
  let box: Kubebox;
  let metrics: PodMetrics;
  let speech: SpeechServer;

  beforeAll(async () => {
    [cluster, speech] = await Promise.all([
      OperatorCluster.start(),
      freePort().then((port) => SpeechServer.start(port)),
    ]);
    ({ box, metrics } = cluster);
    await box.apply([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'golden' },
        data: { 'fox.txt': TEXT },
        binaryData: { 'fox.wav': Buffer.from('RIFF').toString('base64') },
      },
    ]);
    await cluster.operator('one', { PARLANCE_OPERATOR_POD_GRPC_ADDRESS: `127.0.0.1:${speech.port}` });
  }, 600_000);
  afterAll(async () => {
    await cluster?.stop();
    speech?.stop();
  });
  beforeEach(() => {
    speech.text = TEXT;
    metrics.sayOfAll({ streams: 0, capacity: 10 });
  });

  const rollout = {
    weights: [20, 60],
    stepSeconds: 2,
    deadlineSeconds: 60,
    golden: { configMapName: 'golden', maxWordErrorPercent: 10 },
  };
  const path = (name: string) => SPEECH_MODELS('default', name);
  const waitFor = (name: string, satisfies: (model: SpeechModelObject) => boolean) =>
    cluster.waitFor(name, satisfies);
  const serving = (name: string, spec: object = {}) =>
    box
      .apply([speechModel(name, { replicas: { min: 2 }, rollout, ...spec })])
      .then(() => waitFor(name, (model) => conditionOf(model, 'Ready') === 'True PodsReady'));
  const change = (name: string, spec: object) =>
    box.request('PATCH', path(name), { spec }, 'application/merge-patch+json');
  const isGone = async (name: string) => {
    const end = Date.now() + LIMIT_MS;
    while ((await box.get(`${DEPLOYMENTS}/${name}`)) !== undefined) {
      if (Date.now() > end) throw new Error(`${name} is still there`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it('starts the new version beside the old, checks it, moves streams by weight, and lets the old one go', async () => {
    const { status: before } = await serving('moved');
    const old = before!.stableRevision!;
    const seen: string[] = [];
    await change('moved', { precision: 'f32' });
    const sharing = await waitFor('moved', ({ status }) => {
      seen.push(`${status?.rollout?.phase} ${status?.rollout?.weight}`);
      return status?.rollout?.phase === 'Shifting' && status.rollout.weight === 20;
    });
    expect(sharing.status).toMatchObject({ stableRevision: old, rollout: { wordErrorPercent: 0 } });
    const fresh = sharing.status!.rollout!.revision;
    expect(sharing.status?.traffic).toEqual([
      { revision: old, service: `moved-${old}`, weight: 80 },
      { revision: fresh, service: `moved-${fresh}`, weight: 20 },
    ]);
    const weights = await box.list(
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=parlance.dev%2Fweight,parlance.dev%2Fmodel%3Dmoved',
    );
    expect(weights.map(({ metadata }) => metadata.labels?.['parlance.dev/revision']).sort()).toEqual(
      [old, fresh].sort(),
    );
    expect(speech.calls.at(-1)).toMatchObject({ config: { model: 'whisper-base' } });

    const done = await waitFor('moved', ({ status }) => {
      seen.push(`${status?.rollout?.phase} ${status?.rollout?.weight}`);
      return status?.rollout?.phase === 'Completed';
    });
    const steps = seen.filter((step, i) => step !== seen[i - 1] && !step.startsWith('undefined'));
    expect(steps).toEqual(
      expect.arrayContaining(['Starting 0', 'Shifting 20', 'Shifting 60', 'Completed 100']),
    );
    expect(done.status).toMatchObject({ stableRevision: fresh });
    const service = await box.waitFor<KubeObject & { spec: { selector: Record<string, string> } }>(
      '/api/v1/namespaces/default/services/moved',
      ({ spec }) => spec.selector['parlance.dev/revision'] === fresh,
    );
    expect(service.spec.selector).toMatchObject({ 'parlance.dev/routed': 'true' });
    await isGone(`moved-${old}`);
    await waitFor(
      'moved',
      (model) => model.status?.readyReplicas === 2 && conditionOf(model, 'Reconciling') === 'False Steady',
    );
  }, 600_000);

  it('repairs what is changed by hand of the old version meanwhile, and makes again what is removed', async () => {
    const { status } = await serving('mended', { rollout: { ...rollout, stepSeconds: 600 } });
    const old = `mended-${status!.stableRevision}`;
    const before = await box.get<Workload>(`${DEPLOYMENTS}/${old}`);
    await change('mended', { precision: 'f32' });
    await waitFor('mended', (model) => model.status?.rollout?.phase === 'Shifting');
    const template = { spec: { containers: [{ name: 'inference', image: 'somebody/else:1' }] } };
    await box.request(
      'PATCH',
      `${DEPLOYMENTS}/${old}`,
      { spec: { template } },
      'application/strategic-merge-patch+json',
    );
    await box.kubectl(['delete', 'configmap', old]);
    const isMended = ({ spec }: Workload) => spec.template.spec.containers[0]?.image !== 'somebody/else:1';
    const mended = await box.waitFor<Workload>(`${DEPLOYMENTS}/${old}`, isMended, LIMIT_MS);
    expect(mended.spec.template).toEqual(before?.spec.template);
    await box.waitFor(`/api/v1/namespaces/default/configmaps/${old}`, () => true, LIMIT_MS);
    await box.kubectl(['delete', 'deployment', old]);
    const again = await box.waitFor<Workload>(
      `${DEPLOYMENTS}/${old}`,
      ({ metadata }) => metadata.uid !== before?.metadata.uid,
      LIMIT_MS,
    );
    expect(again.spec).toMatchObject({ replicas: 2, template: before?.spec.template });
    const { status: last } = await waitFor(
      'mended',
      (model) => conditionOf(model, 'Ready') === 'True PodsReady',
    );
    expect(last).toMatchObject({ stableRevision: status!.stableRevision, rollout: { phase: 'Shifting' } });
  }, 600_000);

  const rolledBack = async (name: string, old: string, message: RegExp): Promise<void> => {
    const { status } = await waitFor(name, (model) => conditionOf(model, 'Stalled') === 'True RolledBack');
    expect(status).toMatchObject({
      stableRevision: old,
      traffic: [{ revision: old, weight: 100 }],
      rollout: { phase: 'RolledBack', weight: 0, message: expect.stringMatching(message) },
    });
    await isGone(`${name}-${status!.rollout!.revision}`);
    const model = await waitFor(name, (each) => conditionOf(each, 'Ready') === 'True PodsReady');
    expect(model.status?.readyReplicas).toBe(2);
  };

  it('is rolled back when golden utterances are recognized wrongly, and no stream ever goes there', async () => {
    const { status } = await serving('wrong');
    speech.text = 'The slow brown cat jumps over a lazy dog';
    await change('wrong', { precision: 'int4' });
    await rolledBack(
      'wrong',
      status!.stableRevision!,
      /33\.3 % of the words of the golden utterances are wrong, 10 % are allowed/,
    );
    const events = await box.kubectl(['get', 'events', '-o', 'jsonpath={.items[*].reason}']);
    expect(events).toContain('RolledBack');
  }, 600_000);

  it('is rolled back when pods of the new version lose workers', async () => {
    const { status } = await serving('lossy', { rollout: { ...rollout, stepSeconds: 60 } });
    await change('lossy', { precision: 'f32' });
    const { status: shifting } = await waitFor(
      'lossy',
      (model) => model.status?.rollout?.phase === 'Shifting',
    );
    const pods = await box.list(
      `/api/v1/namespaces/default/pods?labelSelector=parlance.dev%2Frevision%3D${shifting!.rollout!.revision}`,
    );
    metrics.say(pods[0]!.metadata.name, { streams: 1, capacity: 10, workersLost: 2 });
    await rolledBack('lossy', status!.stableRevision!, /its pods lost 2 workers/);
  }, 600_000);

  it('is rolled back when calls fail at pods of the new version, and the condition says how many', async () => {
    const { status } = await serving('failing', { rollout: { ...rollout, stepSeconds: 60 } });
    const old = await box.list(
      `/api/v1/namespaces/default/pods?labelSelector=parlance.dev%2Frevision%3D${status!.stableRevision}`,
    );
    // Those of the old version speak against it alone.
    metrics.say(old[0]!.metadata.name, { streams: 1, capacity: 10, failed: 9 });
    await change('failing', { precision: 'f32' });
    const { status: shifting } = await waitFor(
      'failing',
      (model) => model.status?.rollout?.phase === 'Shifting',
    );
    const pods = await box.list(
      `/api/v1/namespaces/default/pods?labelSelector=parlance.dev%2Frevision%3D${shifting!.rollout!.revision}`,
    );
    metrics.say(pods[0]!.metadata.name, { streams: 1, capacity: 10, failed: 4 });
    const told = /4 of 4 calls failed at its pods, 2 % are allowed/;
    await rolledBack('failing', status!.stableRevision!, told);
    const { status: last } = await waitFor('failing', () => true);
    expect(last?.conditions?.find(({ type }) => type === 'Stalled')?.message).toMatch(told);
  }, 600_000);

  it('is rolled back when its pods are not ready in time', async () => {
    const { status } = await serving('late', { rollout: { ...rollout, deadlineSeconds: 5 } });
    await change('late', { precision: 'f32', podAnnotations: { 'kubebox/fate': 'NotReady' } });
    await rolledBack('late', status!.stableRevision!, /0 of 1 pods were ready in time/);
    await change('late', { precision: 'int4', podAnnotations: null });
    await waitFor('late', (model) => model.status?.rollout?.phase === 'Completed');
  }, 600_000);
});
