import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject, PodSpec, Workload } from '../support/kube-objects.js';
import type { Kubebox } from '../support/kubebox.js';
import { conditionOf, speechModel, SPEECH_MODELS, type SpeechModelObject } from '../support/operator.js';
import { OperatorCluster } from '../support/operator-cluster.js';
import { until } from '../support/until.js';

const LIMIT_MS = 120_000;
const GROUP = '/apis/parlance.dev/v1alpha1/namespaces/default';

interface CacheObject extends SpeechModelObject {
  readonly metadata: KubeObject['metadata'] & { readonly finalizers?: readonly string[] };
  readonly status?: SpeechModelObject['status'] & {
    readonly phase?: string;
    readonly claimName?: string;
    readonly modelsReady?: number;
    readonly models?: readonly { readonly name: string; readonly state: string; readonly message?: string }[];
  };
}

const cache = (name: string, spec: object = {}) => ({
  apiVersion: 'parlance.dev/v1alpha1',
  kind: 'ModelCache',
  metadata: { name },
  spec: { models: ['whisper-base', 'silero-vad'], storage: { size: '10Gi' }, ...spec },
});

describe('the operator, for caches and voices', () => {
  let cluster: OperatorCluster;
  let box: Kubebox;

  beforeAll(async () => {
    cluster = await OperatorCluster.start();
    ({ box } = cluster);
    await cluster.operator();
  }, 600_000);
  afterAll(() => cluster?.stop());

  const caches = (name: string) => `${GROUP}/modelcaches/${name}`;
  const waitForCache = (name: string, satisfies: (cache: CacheObject) => boolean) =>
    box.waitFor<CacheObject>(caches(name), satisfies, LIMIT_MS);
  const jobsOf = (name: string) =>
    box.list<Workload>(`/apis/batch/v1/namespaces/default/jobs?labelSelector=parlance.dev%2Fcache%3D${name}`);

  it('fills a volume of its own with one Job after the other, and tells the progress', async () => {
    await box.apply([cache('shared')]);
    const seen = new Set<number>();
    const filled = await waitForCache('shared', ({ status }) => {
      seen.add(status?.modelsReady ?? 0);
      return status?.phase === 'Ready';
    });
    expect(filled.status).toMatchObject({
      claimName: 'shared-cache',
      modelsReady: 2,
      models: [
        { name: 'whisper-base', state: 'Verified' },
        { name: 'silero-vad', state: 'Verified' },
      ],
    });
    expect(filled.metadata.finalizers).toEqual(['parlance.dev/cache']);
    const jobs = await jobsOf('shared');
    const steps = jobs.map(({ spec }) => {
      const { initContainers = [], containers } = spec.template.spec as PodSpec;
      return [...initContainers, ...containers].map(({ args }) => args?.slice(1).join(' '));
    });
    expect(steps).toContainEqual([
      'models download --no-build whisper-base',
      'models build --precisions int8 whisper-base',
      'models verify whisper-base',
    ]);
  }, 600_000);

  it('is waited for by the models that read it, which mount it read only', async () => {
    await box.apply([speechModel('reader', { cache: { name: 'later' } })]);
    const waiting = await cluster.waitForCondition('reader', 'ModelCached', 'False NoSuchCache');
    expect(conditionOf(waiting, 'Ready')).toBe('False Creating');
    await box.apply([cache('later')]);
    const ready = await cluster.waitForCondition('reader', 'Ready', 'True PodsReady');
    expect(conditionOf(ready, 'ModelCached')).toBe('True Verified');
    const workload = await box.get<Workload>(
      `/apis/apps/v1/namespaces/default/deployments/reader-${ready.status?.stableRevision}`,
    );
    expect(workload?.spec.template.spec).toMatchObject({
      volumes: expect.arrayContaining([
        { name: 'models', persistentVolumeClaim: { claimName: 'later-cache', readOnly: true } },
      ]),
    });
    expect(workload?.spec.template.spec.initContainers).toBeUndefined();
  }, 600_000);

  it('stays while a model reads it, and goes with its volume when none does', async () => {
    await box.request('DELETE', caches('later'));
    const held = await waitForCache('later', (each) => conditionOf(each, 'Ready') === 'False InUse');
    expect(held.status?.conditions?.find(({ type }) => type === 'Ready')?.message).toBe(
      'it is read by SpeechModel reader',
    );
    expect(await box.get('/api/v1/namespaces/default/persistentvolumeclaims/later-cache')).toBeDefined();
    await box.request('DELETE', SPEECH_MODELS('default', 'reader'));
    await until(async () => (await box.get(caches('later'))) === undefined, LIMIT_MS);
  }, 600_000);

  it('says that a checksum is wrong, by what the Job wrote, and tries again', async () => {
    // Its pods wait, so that the test can report of one what a kubelet would.
    await box.apply([cache('bad', { models: ['silero-vad'], secretName: 'missing' })]);
    const [pod] = await until(async () => {
      const pods = await box.list<KubeObject>(
        '/api/v1/namespaces/default/pods?labelSelector=parlance.dev%2Fcache%3Dbad',
      );
      return pods.length > 0 && pods;
    }, LIMIT_MS);
    const message = 'silero-vad: silero_vad.onnx is wrong in /models/checkpoints/silero-vad.';
    const [job] = await jobsOf('bad');
    await box.request(
      'PATCH',
      `/apis/batch/v1/namespaces/default/jobs/${job!.metadata.name}`,
      { spec: { backoffLimit: 0 } },
      'application/merge-patch+json',
    );
    await box.request(
      'PATCH',
      `/api/v1/namespaces/default/pods/${pod!.metadata.name}/status`,
      {
        status: {
          phase: 'Failed',
          containerStatuses: [
            {
              name: 'verify',
              image: 'cli',
              imageID: '',
              ready: false,
              restartCount: 0,
              state: { terminated: { exitCode: 1, reason: 'Error', message } },
            },
          ],
        },
      },
      'application/merge-patch+json',
    );
    const failed = await waitForCache(
      'bad',
      (each) => conditionOf(each, 'Stalled') === 'True ChecksumMismatch',
    );
    expect(failed.status).toMatchObject({ phase: 'Failed', models: [{ state: 'Failed', message }] });
    expect(failed.status?.conditions?.find(({ type }) => type === 'Stalled')?.message).toContain(
      'tried again in 2 minutes',
    );
  }, 600_000);

  it('runs voices with the volume of their cache and the secret of their stores', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'parlance' },
      stringData: { NATS_URL: 'nats://nats:4222', MONGODB_URI: 'mongodb://mongo/parlance' },
    };
    const voice = {
      apiVersion: 'parlance.dev/v1alpha1',
      kind: 'VoiceModel',
      metadata: { name: 'joe' },
      spec: { engine: 'local', voice: 'joe', cache: { name: 'shared' }, secretName: 'parlance', replicas: 2 },
    };
    await box.apply([secret, voice]);
    const ready = await box.waitFor<SpeechModelObject>(
      `${GROUP}/voicemodels/joe`,
      (each) => conditionOf(each, 'Ready') === 'True PodsReady',
      LIMIT_MS,
    );
    expect(ready.status).toMatchObject({ replicas: 2, readyReplicas: 2 });
    const map = await box.get<{ data: object }>('/api/v1/namespaces/default/configmaps/voice-joe');
    expect(map?.data).toMatchObject({ PARLANCE_TTS_ENGINE: 'local', PARLANCE_LOCAL_VOICE: 'joe' });
    await box.kubectl(['scale', 'voicemodel/joe', '--replicas=1']);
    await box.waitFor<SpeechModelObject>(
      `${GROUP}/voicemodels/joe`,
      ({ status }) => status?.readyReplicas === 1,
      LIMIT_MS,
    );
  }, 600_000);

  it('holds a StatefulSet with a volume for each pod where the model asks for warm ones', async () => {
    await box.apply([speechModel('warm', { replicas: { min: 2 }, warmPool: { volume: { size: '5Gi' } } })]);
    const model = await cluster.waitForCondition('warm', 'Ready', 'True PodsReady');
    expect(model.status?.workload).toBe('StatefulSet');
    const claims = await box.list('/api/v1/namespaces/default/persistentvolumeclaims');
    const names = claims
      .map(({ metadata }) => metadata.name)
      .filter((name) => name.startsWith('models-warm-'));
    expect(names).toHaveLength(2);
  }, 600_000);
});
