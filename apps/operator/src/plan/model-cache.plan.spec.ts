import { describe, expect, it } from '@jest/globals';
import { NOW, SETTINGS } from '../../../../test/support/operator-plan-factory.js';
import { readModelCache, type ModelCache } from '../api/model-cache.v1alpha1.schema.js';
import type { KubeObject } from '../kit/kube-object.js';
import { jobName } from './cache-objects.js';
import { planModelCache, RETRY_MS, type FetchJob, type ObservedModelCache } from './model-cache.plan.js';

const MODELS = ['whisper-base', 'silero-vad'];

function cacheOf(spec: object = {}, metadata: object = {}): ModelCache {
  return readModelCache({
    apiVersion: 'parlance.dev/v1alpha1',
    kind: 'ModelCache',
    metadata: { name: 'shared', namespace: 'voices', uid: 'u', generation: 2, ...metadata },
    spec: { models: MODELS, storage: { size: '10Gi' }, ...spec },
  });
}

function job(
  cache: ModelCache,
  model: string,
  state: FetchJob['state'],
  rest: Partial<FetchJob> = {},
): FetchJob {
  const object: KubeObject = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: jobName(cache, model, SETTINGS, NOW) },
  };
  const endedAt = state === 'Active' ? undefined : NOW.getTime() - 1_000;
  return { object, state, endedAt, fault: undefined, ...rest };
}

const observed = (cache: ModelCache, rest: Partial<ObservedModelCache> = {}): ObservedModelCache => ({
  cache,
  children: [],
  foreign: [],
  jobs: [],
  users: [],
  settings: SETTINGS,
  now: NOW,
  ...rest,
});

const kindsOf = (objects: readonly KubeObject[]) => objects.map(({ kind }) => kind);
const stateOf = ({ status }: ReturnType<typeof planModelCache>) =>
  `${status.phase} ${status.modelsReady}/${status.modelsWanted} ${(status.models ?? []).map(({ state }) => state).join()}`;

describe('planModelCache', () => {
  const cache = cacheOf();
  const [first, second] = MODELS as [string, string];

  it.each<[string, readonly FetchJob[], string[], string]>([
    [
      'nothing yet: a claim and the first Job',
      [],
      ['PersistentVolumeClaim', 'Job'],
      'Fetching 0/2 Waiting,Waiting',
    ],
    [
      'the first runs: no second beside it',
      [job(cache, first, 'Active')],
      ['PersistentVolumeClaim'],
      'Fetching 0/2 Fetching,Waiting',
    ],
    [
      'the first is done: the second',
      [job(cache, first, 'Complete')],
      ['PersistentVolumeClaim', 'Job'],
      'Fetching 1/2 Verified,Waiting',
    ],
    [
      'all are done: ready',
      [job(cache, first, 'Complete'), job(cache, second, 'Complete')],
      ['PersistentVolumeClaim'],
      'Ready 2/2 Verified,Verified',
    ],
    [
      'one failed: the others go on',
      [job(cache, first, 'Failed')],
      ['PersistentVolumeClaim', 'Job'],
      'Failed 0/2 Failed,Waiting',
    ],
  ])('%s', (_, jobs, kinds, state) => {
    const plan = planModelCache(observed(cache, { jobs }));
    expect(kindsOf(plan.apply)).toEqual(kinds);
    expect(stateOf(plan)).toBe(state);
  });

  it('makes no claim where one is named', () => {
    const named = cacheOf({ storage: { claimName: 'models' } });
    const { apply, status } = planModelCache(observed(named));
    expect(kindsOf(apply)).toEqual(['Job']);
    expect(status.claimName).toBe('models');
  });

  it.each([
    ['silero-vad: silero_vad.onnx is wrong in /models/checkpoints', 'ChecksumMismatch'],
    ['nothing has got it', 'FetchFailed'],
  ])('says what failed: %s', (fault, reason) => {
    const { status, remove, againMs } = planModelCache(
      observed(cache, { jobs: [job(cache, first, 'Failed', { fault })] }),
    );
    expect(status.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
      status: 'True',
      reason,
    });
    expect(remove).toEqual([]);
    expect(againMs).toBeLessThanOrEqual(RETRY_MS);
  });

  it('removes a Job that failed long enough ago, so that it is made anew', () => {
    const failed = job(cache, first, 'Failed', { endedAt: NOW.getTime() - RETRY_MS });
    expect(planModelCache(observed(cache, { jobs: [failed] })).remove).toEqual([failed.object]);
  });

  it('fetches anew when what is asked for changes, and removes the Jobs of before', () => {
    const done = MODELS.map((model) => job(cache, model, 'Complete'));
    const changed = planModelCache(observed(cacheOf({ precisions: ['f32'] }), { jobs: done }));
    expect(kindsOf(changed.apply)).toContain('Job');
    expect(changed.remove).toEqual(done.map(({ object }) => object));
  });

  it('verifies again when its time has come', () => {
    const often = cacheOf({ verifyHours: 1 });
    const later = new Date(NOW.getTime() + 3_600_000);
    expect(jobName(often, first, SETTINGS, later)).not.toBe(jobName(often, first, SETTINGS, NOW));
    expect(planModelCache(observed(often)).againMs).toBeLessThanOrEqual(3_601_000);
  });

  it.each([
    [[], false, 'Removing'],
    [['SpeechModel english'], true, 'InUse'],
  ])('that is deleted and read by %j: held %s', (users, isHeld, reason) => {
    const going = cacheOf({}, { deletionTimestamp: '2026-05-01T11:00:00Z' });
    const plan = planModelCache(observed(going, { users }));
    expect(plan).toMatchObject({ isHeld, apply: [], remove: [] });
    expect(plan.status.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'False', reason });
  });
});
