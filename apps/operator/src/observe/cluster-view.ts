import { LABELS } from '../api/group.js';
import type { ClusterClient } from '../kit/cluster.client.js';
import { Informer } from '../kit/informer.js';
import { KINDS, type Kind } from '../kit/kinds.data.js';
import { keyOf, type KubeObject } from '../kit/kube-object.js';
import type { Logger } from '@parlance/telemetry';
import { reducedPod, withoutManagedFields } from './reduced-objects.js';

/** Kinds of the API group that have a controller. */
export const RECONCILED = [KINDS.speechModel, KINDS.modelCache, KINDS.voiceModel] as const;

const CHILDREN = [
  KINDS.deployment,
  KINDS.statefulSet,
  KINDS.service,
  KINDS.configMap,
  KINDS.disruptionBudget,
  KINDS.networkPolicy,
  KINDS.autoscaler,
  KINDS.claim,
  KINDS.job,
] as const;

const OWN = `${LABELS.managedBy}=parlance-operator`;
const POD_OWNERS = [
  [LABELS.model, KINDS.speechModel.kind],
  [LABELS.cache, KINDS.modelCache.kind],
  [LABELS.voice, KINDS.voiceModel.kind],
] as const;

export interface ClusterViewOptions {
  readonly namespace: string | undefined;
  /** Something changed that the object of this kind and key depends on. */
  readonly onAffected: (kind: string, key: string) => void;
  readonly logger: Logger;
}

/** The cluster as far as the operator needs it, held by informers: its own kinds, what it made for them, and their pods. */
export class ClusterView {
  private readonly informers = new Map<string, Informer>();
  /** Kinds that need not be there: work does not wait for them. */
  private readonly optional = new Set<Kind>();
  private readonly children = new Map<string, Map<string, KubeObject>>();
  private readonly pods = new Map<string, Map<string, KubeObject>>();

  constructor(
    private readonly client: ClusterClient,
    private readonly options: ClusterViewOptions,
  ) {
    for (const kind of RECONCILED)
      this.follow(kind, undefined, withoutManagedFields, (...pair) => this.changed(...pair));
    for (const kind of CHILDREN)
      this.follow(kind, OWN, withoutManagedFields, (...pair) => this.childChanged(...pair));
    this.follow(KINDS.pod, OWN, reducedPod, (...pair) => this.podChanged(...pair));
  }

  start(): void {
    for (const informer of this.informers.values()) informer.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.informers.values()].map((informer) => informer.stop()));
  }

  /** Begins to follow objects of a kind that the cluster does not always have. */
  startOptional(kind: Kind): void {
    if (this.informers.has(kind.plural)) return;
    this.optional.add(kind);
    this.follow(kind, OWN, withoutManagedFields, (...pair) => this.childChanged(...pair)).start();
  }

  async stopOptional(kind: Kind): Promise<void> {
    const informer = this.informers.get(kind.plural);
    if (!informer) return;
    this.informers.delete(kind.plural);
    for (const object of informer.list()) this.childChanged(undefined, object);
    await informer.stop();
  }

  get hasSynced(): boolean {
    return this.missing.length === 0;
  }

  /** Kinds that could not be listed yet. */
  get missing(): string[] {
    return [...this.informers.values()]
      .filter(({ hasSynced, options }) => !hasSynced && !this.optional.has(options.kind))
      .map(({ options }) => options.kind.plural);
  }

  get(kind: Kind, namespace: string, name: string): KubeObject | undefined {
    return this.informers.get(kind.plural)?.get(namespace, name);
  }

  list(kind: Kind): KubeObject[] {
    return [...(this.informers.get(kind.plural)?.list() ?? [])];
  }

  /** Objects that `owner` controls. */
  childrenOf(owner: KubeObject): KubeObject[] {
    return [...(this.children.get(owner.metadata.uid ?? '')?.values() ?? [])];
  }

  /** Pods that carry the label of the owner's kind and its name. */
  podsOf(owner: Pick<KubeObject, 'kind' | 'metadata'>): KubeObject[] {
    return [...(this.pods.get(`${owner.kind}/${keyOf(owner.metadata)}`)?.values() ?? [])];
  }

  private follow(
    kind: Kind,
    labelSelector: string | undefined,
    keep: (object: KubeObject) => KubeObject,
    onChange: (object: KubeObject | undefined, before: KubeObject | undefined) => void,
  ): Informer {
    const { namespace, logger } = this.options;
    const informer = new Informer(this.client, { kind, namespace, labelSelector, keep, onChange, logger });
    this.informers.set(kind.plural, informer);
    return informer;
  }

  private changed(now: KubeObject | undefined, before: KubeObject | undefined): void {
    const object = now ?? before;
    if (!object) return;
    this.options.onAffected(object.kind, keyOf(object.metadata));
    const { namespace, name } = object.metadata;
    if (object.kind === KINDS.modelCache.kind) {
      // Models and voices wait for their cache.
      for (const other of [...this.list(KINDS.speechModel), ...this.list(KINDS.voiceModel)])
        if (cacheOf(other) === name && other.metadata.namespace === namespace)
          this.options.onAffected(other.kind, keyOf(other.metadata));
      return;
    }
    // A cache that is being deleted waits for its readers.
    for (const cache of new Set([cacheOf(now), cacheOf(before)]))
      if (cache !== undefined)
        this.options.onAffected(KINDS.modelCache.kind, keyOf({ namespace, name: cache }));
  }

  private childChanged(object: KubeObject | undefined, before: KubeObject | undefined): void {
    for (const [each, isThere] of [
      [before, false],
      [object, true],
    ] as const) {
      const owner = each?.metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (!each || !owner) continue;
      put(this.children, owner.uid, `${each.kind}/${each.metadata.name}`, isThere ? each : undefined);
      this.options.onAffected(owner.kind, keyOf({ namespace: each.metadata.namespace, name: owner.name }));
    }
  }

  private podChanged(object: KubeObject | undefined, before: KubeObject | undefined): void {
    for (const [each, isThere] of [
      [before, false],
      [object, true],
    ] as const)
      for (const [label, kind] of POD_OWNERS) {
        const name = each?.metadata.labels?.[label];
        if (!each || name === undefined) continue;
        const key = keyOf({ namespace: each.metadata.namespace, name });
        put(this.pods, `${kind}/${key}`, each.metadata.name, isThere ? each : undefined);
        this.options.onAffected(kind, key);
      }
  }
}

function cacheOf(reader: KubeObject | undefined): string | undefined {
  return ((reader?.spec ?? {}) as { readonly cache?: { readonly name?: string } }).cache?.name;
}

function put(
  index: Map<string, Map<string, KubeObject>>,
  owner: string,
  name: string,
  object: KubeObject | undefined,
): void {
  const own = index.get(owner) ?? new Map<string, KubeObject>();
  if (object) own.set(name, object);
  else own.delete(name);
  if (own.size > 0) index.set(owner, own);
  else index.delete(owner);
}
