import { describe, expect, it } from '@jest/globals';
import { NotedCluster, refusal } from '../../../test/support/noted-cluster.js';
import { SETTINGS } from '../../../test/support/operator-plan-factory.js';
import { silentLogger } from '../../../test/support/silent-logger.js';
import { CACHE_FINALIZER } from './api/group.js';
import { Executor } from './execute/executor.js';
import { StatusWriter } from './execute/status-writer.js';
import type { Condition } from './kit/conditions.js';
import { EventRecorder } from './kit/event-recorder.js';
import type { KubeObject } from './kit/kube-object.js';
import { ModelCacheReconciler } from './model-cache.reconciler.js';
import type { ClusterView } from './observe/cluster-view.js';
import { VoiceModelReconciler } from './voice-model.reconciler.js';

const RESYNC_MS = 600_000;
const object = (kind: string, spec: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'parlance.dev/v1alpha1',
  kind,
  metadata: {
    name: 'english',
    namespace: 'voices',
    uid: 'one',
    generation: 2,
    resourceVersion: '5',
    ...metadata,
  },
  spec,
  status: {},
});
const VOICE = { engine: 'local', secretName: 'parlance' };
const CACHE = { models: ['whisper-base'], storage: { claimName: 'models' } };
const GOING = { deletionTimestamp: '2026-05-01T12:00:00Z', finalizers: [CACHE_FINALIZER] };

/** A cluster with these objects of the API group and nothing that was made for them, and what reconciles it. */
function operatorOn(held: readonly KubeObject[], cluster = new NotedCluster()) {
  const view = {
    get: ({ kind }, namespace, name) =>
      held.find(
        (each) => each.kind === kind && each.metadata.name === name && each.metadata.namespace === namespace,
      ),
    list: ({ kind }) => held.filter((each) => each.kind === kind),
    childrenOf: () => [],
    podsOf: () => [],
  } satisfies Partial<ClusterView> as unknown as ClusterView;
  const events = new EventRecorder(cluster.client, 'operator-0', silentLogger);
  const statuses = new StatusWriter(cluster.client, events);
  const executor = new Executor(cluster.client, statuses, events);
  const shared = { view, executor, statuses, settings: SETTINGS, resyncMs: RESYNC_MS };
  return {
    cluster,
    voices: new VoiceModelReconciler(shared),
    caches: new ModelCacheReconciler({ ...shared, client: cluster.client }),
    /** The conditions that were written last, `TYPE STATUS REASON`. */
    conditions: () => {
      const { conditions = [] } = (cluster.applied.at(-1)?.status ?? {}) as { conditions?: Condition[] };
      return conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
    },
  };
}

describe('VoiceModelReconciler', () => {
  it('makes what a voice needs and says how it is', async () => {
    const { voices, cluster, conditions } = operatorOn([object('VoiceModel', VOICE)]);
    expect(await voices.reconcile('voices/english')).toBe(RESYNC_MS);
    expect(cluster.calls.filter((call) => call.startsWith('apply object'))).toHaveLength(5);
    expect(cluster.calls).toContain('apply status VoiceModel/english');
    expect(conditions()).toContain('Ready False PodsNotReady');
  });

  it('leaves alone what others have made under its names', async () => {
    const foreign: KubeObject = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'voice-english', namespace: 'voices' },
    };
    const { voices, cluster, conditions } = operatorOn(
      [object('VoiceModel', VOICE)],
      new NotedCluster([foreign]),
    );
    expect(await voices.reconcile('voices/english')).toBe(60_000);
    expect(cluster.calls.filter((call) => call.startsWith('apply object'))).toEqual([]);
    expect(conditions()).toContain('Stalled True NameTaken');
  });

  it('says which field of a voice it cannot read, and does nothing more', async () => {
    const { voices, cluster } = operatorOn([object('VoiceModel', { engine: 'radio', secretName: 'x' })]);
    expect(await voices.reconcile('voices/english')).toBe(RESYNC_MS);
    expect(cluster.calls.filter((call) => !call.startsWith('event'))).toEqual([
      'apply status VoiceModel/english',
    ]);
    expect(JSON.stringify(cluster.applied[0]?.status)).toContain('spec.engine');
  });

  it('does nothing for a voice that has gone or is going', async () => {
    const { voices, cluster } = operatorOn([object('VoiceModel', VOICE, { deletionTimestamp: 'now' })]);
    expect(await voices.reconcile('voices/english')).toBeUndefined();
    expect(await voices.reconcile('voices/gone')).toBeUndefined();
    expect(cluster.calls).toEqual([]);
  });

  it('fails where the cluster refuses, so that it is tried again', async () => {
    const cluster = new NotedCluster();
    cluster.refusals.set('get', refusal(500));
    const { voices } = operatorOn([object('VoiceModel', VOICE)], cluster);
    await expect(voices.reconcile('voices/english')).rejects.toThrow('refused');
  });
});

describe('ModelCacheReconciler', () => {
  const finalizersOf = (applied: readonly KubeObject[]) =>
    applied.filter(({ status, spec }) => !status && !spec).map(({ metadata }) => metadata.finalizers ?? []);

  it('holds a cache before it makes anything for it', async () => {
    const { caches, cluster } = operatorOn([object('ModelCache', CACHE)]);
    await caches.reconcile('voices/english');
    expect(finalizersOf(cluster.applied)[0]).toEqual([CACHE_FINALIZER]);
    expect(cluster.calls[0]).toBe('apply object ModelCache/english');
    expect(cluster.calls.length).toBeGreaterThan(2);
  });

  it('keeps a deleted cache as long as a model reads it', async () => {
    const cache = object('ModelCache', CACHE, GOING);
    const reader = object('SpeechModel', { cache: { name: 'english' } }, { name: 'reader' });
    const { caches, cluster, conditions } = operatorOn([cache, reader]);
    await caches.reconcile('voices/english');
    expect(finalizersOf(cluster.applied)).toEqual([]);
    expect(JSON.stringify(cluster.applied.at(-1)?.status)).toContain('SpeechModel reader');
    expect(conditions().length).toBeGreaterThan(0);
  });

  it('lets a deleted cache go that nobody reads, also one that it cannot read', async () => {
    for (const spec of [CACHE, { models: [] }]) {
      const elsewhere = object('SpeechModel', { cache: { name: 'english' } }, { namespace: 'other' });
      const { caches, cluster } = operatorOn([object('ModelCache', spec, GOING), elsewhere]);
      await caches.reconcile('voices/english');
      expect(finalizersOf(cluster.applied)).toEqual([[]]);
    }
  });

  it('says which field of a cache it cannot read', async () => {
    const { caches, cluster } = operatorOn([object('ModelCache', { models: [] })]);
    expect(await caches.reconcile('voices/english')).toBe(RESYNC_MS);
    expect(JSON.stringify(cluster.applied[0]?.status)).toContain('spec.models');
  });

  it('does nothing for a cache that has gone', async () => {
    const { caches, cluster } = operatorOn([]);
    expect(await caches.reconcile('voices/english')).toBeUndefined();
    expect(cluster.calls).toEqual([]);
  });
});
