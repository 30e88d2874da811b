import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { until } from '../../../../test/support/until.js';
import type { ClusterClient } from '../kit/cluster.client.js';
import { KINDS, type Kind } from '../kit/kinds.data.js';
import type { KubeObject } from '../kit/kube-object.js';
import { ClusterView } from './cluster-view.js';

let version = 1;
const object = (kind: Kind, name: string, metadata: object = {}, spec: object = {}): KubeObject => ({
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  metadata: {
    name,
    namespace: 'voices',
    uid: `uid-${name}`,
    resourceVersion: String(version++),
    ...metadata,
  },
  spec,
});
const ownedBy = (owner: KubeObject) => ({
  ownerReferences: [
    {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.metadata.name,
      uid: owner.metadata.uid,
      controller: true,
    },
  ],
});

/** Lists what it was given, and follows with what it is told. */
class ListedCluster {
  private readonly watches = new Map<string, PassThrough>();
  readonly objects: KubeObject[] = [];

  async list({ kind }: Kind) {
    const items = this.objects.filter((each) => each.kind === kind);
    return { metadata: { resourceVersion: '1' }, items };
  }

  async watch({ kind }: Kind, _namespace: string | undefined, _query: object, signal: AbortSignal) {
    const lines = new PassThrough();
    this.watches.set(kind, lines);
    signal.addEventListener('abort', () => lines.end());
    return lines;
  }

  tell(type: 'ADDED' | 'MODIFIED' | 'DELETED', changed: KubeObject): void {
    this.watches.get(changed.kind)?.write(`${JSON.stringify({ type, object: changed })}\n`);
  }

  isWatching({ kind }: Kind): boolean {
    return this.watches.has(kind);
  }
}

describe('ClusterView', () => {
  const cache = object(KINDS.modelCache, 'shared');
  const model = object(KINDS.speechModel, 'english', {}, { cache: { name: 'shared' } });
  const voice = object(KINDS.voiceModel, 'amy', {}, { cache: { name: 'other' } });
  let cluster: ListedCluster;
  let view: ClusterView;
  let affected: string[];

  beforeEach(async () => {
    cluster = new ListedCluster();
    affected = [];
    const deployment = object(KINDS.deployment, 'english-1', ownedBy(model));
    const pod = object(KINDS.pod, 'english-1-a', { labels: { 'parlance.dev/model': 'english' } });
    cluster.objects.push(cache, model, voice, deployment, pod);
    view = new ClusterView(cluster as unknown as ClusterClient, {
      ...{ namespace: undefined, logger: silentLogger },
      onAffected: (kind, key) => affected.push(`${kind} ${key}`),
    });
    expect(view.hasSynced).toBe(false);
    view.start();
    await until(
      () =>
        view.hasSynced &&
        [KINDS.pod, KINDS.modelCache, KINDS.service].every((kind) => cluster.isWatching(kind)),
    );
    affected.length = 0;
  });
  afterEach(() => view.stop());

  const names = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name);

  it('holds its kinds, what they control, and their pods', () => {
    expect(view.missing).toEqual([]);
    expect(names(view.list(KINDS.speechModel))).toEqual(['english']);
    expect(view.get(KINDS.modelCache, 'voices', 'shared')?.metadata.uid).toBe('uid-shared');
    expect(view.get(KINDS.modelCache, 'elsewhere', 'shared')).toBeUndefined();
    expect(names(view.childrenOf(model))).toEqual(['english-1']);
    expect(names(view.podsOf(model))).toEqual(['english-1-a']);
    expect(view.podsOf(voice)).toEqual([]);
  });

  it('tells a model of changes of its children and pods, and does not hold what has gone', async () => {
    const service = object(KINDS.service, 'english', ownedBy(model));
    cluster.tell('ADDED', service);
    await until(() => affected.includes('SpeechModel voices/english'));
    expect(names(view.childrenOf(model))).toEqual(['english-1', 'english']);
    affected.length = 0;
    cluster.tell('DELETED', service);
    const pod = object(KINDS.pod, 'english-1-a', { labels: { 'parlance.dev/model': 'english' } });
    cluster.tell('DELETED', pod);
    await until(() => affected.length >= 2);
    expect(new Set(affected)).toEqual(new Set(['SpeechModel voices/english']));
    expect(names(view.childrenOf(model))).toEqual(['english-1']);
    expect(view.podsOf(model)).toEqual([]);
  });

  it('moves a child to its new owner', async () => {
    cluster.tell('MODIFIED', object(KINDS.deployment, 'english-1', ownedBy(voice)));
    await until(() => affected.includes('VoiceModel voices/amy'));
    expect(affected).toContain('SpeechModel voices/english');
    expect(view.childrenOf(model)).toEqual([]);
    expect(names(view.childrenOf(voice))).toEqual(['english-1']);
  });

  it('tells models of their cache, and a cache of its readers', async () => {
    cluster.tell('MODIFIED', object(KINDS.modelCache, 'shared'));
    await until(() => affected.length >= 2);
    expect(affected).toEqual(['ModelCache voices/shared', 'SpeechModel voices/english']);
    affected.length = 0;
    // It reads another cache from now on: both want to know.
    cluster.tell('MODIFIED', object(KINDS.speechModel, 'english', {}, { cache: { name: 'other' } }));
    await until(() => affected.length >= 3);
    expect(affected).toEqual([
      'SpeechModel voices/english',
      'ModelCache voices/other',
      'ModelCache voices/shared',
    ]);
  });

  it('follows a kind that the cluster does not always have, without waiting for it', async () => {
    cluster.objects.push(object(KINDS.scaledObject, 'english', ownedBy(model)));
    view.startOptional(KINDS.scaledObject);
    expect(view.missing).toEqual([]);
    await until(() => view.childrenOf(model).length === 2);
    await view.stopOptional(KINDS.scaledObject);
    expect(names(view.childrenOf(model))).toEqual(['english-1']);
    expect(view.list(KINDS.scaledObject)).toEqual([]);
  });
});
