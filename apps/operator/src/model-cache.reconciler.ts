import { CACHE_FINALIZER, FIELD_MANAGER } from './api/group.js';
import { readModelCache, type ModelCache } from './api/model-cache.v1alpha1.schema.js';
import type { Executor } from './execute/executor.js';
import { faultStatus, unreadableStatus } from './execute/fault-status.js';
import type { StatusWriter } from './execute/status-writer.js';
import { UnreadableError } from './api/custom-resource.js';
import type { ClusterClient } from './kit/cluster.client.js';
import { KINDS } from './kit/kinds.data.js';
import { parseKey, type KubeObject } from './kit/kube-object.js';
import type { ClusterView } from './observe/cluster-view.js';
import { readJob } from './observe/job-reading.js';
import type { PlanSettings } from './observe/observed.js';
import { planModelCache, type ObservedModelCache } from './plan/model-cache.plan.js';

export interface ModelCacheDependencies {
  readonly view: ClusterView;
  readonly client: ClusterClient;
  readonly executor: Executor;
  readonly statuses: StatusWriter;
  readonly settings: PlanSettings;
  readonly resyncMs: number;
}

/** Brings a ModelCache to what it asks for, and lets it go when nobody reads it any more. */
export class ModelCacheReconciler {
  constructor(private readonly deps: ModelCacheDependencies) {}

  /** @returns after how many milliseconds to look again */
  async reconcile(key: string): Promise<number | undefined> {
    const { view, statuses, executor, resyncMs } = this.deps;
    const { namespace, name } = parseKey(key);
    const cached = view.get(KINDS.modelCache, namespace, name);
    if (!cached) return undefined;
    const object = statuses.latest(cached);
    let cache: ModelCache;
    try {
      cache = readModelCache(object);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      if (object.metadata.deletionTimestamp) await this.hold(object, false);
      else await statuses.write(object, unreadableStatus(object, error, new Date()));
      return resyncMs;
    }
    try {
      const isGoing = object.metadata.deletionTimestamp !== undefined;
      if (!isGoing) await this.hold(object, true);
      const observed = this.observe(cache);
      let plan = planModelCache(observed);
      const found = await executor.find(object, plan.apply, observed.children);
      if (found.foreign.length > 0) plan = planModelCache({ ...observed, foreign: found.foreign });
      await executor.execute(object, plan, [...observed.children, ...found.own]);
      if (isGoing && !plan.isHeld) await this.hold(object, false);
      return Math.min(plan.againMs ?? resyncMs, resyncMs);
    } catch (error) {
      // What was written before the fault is kept.
      const latest = statuses.latest(cached);
      const status = faultStatus(latest, error, new Date());
      if (status) await statuses.write(latest, status);
      throw error;
    }
  }

  private observe(cache: ModelCache): ObservedModelCache {
    const { view, settings } = this.deps;
    const children = view.childrenOf(cache.object);
    const pods = view.podsOf(cache.object);
    return {
      cache,
      children,
      foreign: [],
      jobs: children.filter(({ kind }) => kind === KINDS.job.kind).map((job) => readJob(job, pods)),
      users: this.usersOf(cache),
      settings,
      now: new Date(),
    };
  }

  private usersOf({ namespace, name }: ModelCache): string[] {
    return [KINDS.speechModel, KINDS.voiceModel]
      .flatMap((kind) => this.deps.view.list(kind))
      .filter(({ metadata, spec }) => {
        const { cache } = (spec ?? {}) as { readonly cache?: { readonly name?: string } };
        return metadata.namespace === namespace && cache?.name === name;
      })
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .sort();
  }

  /** The one finalizer: while it is there, a deleted cache stays. */
  private async hold({ apiVersion, kind, metadata }: KubeObject, isHeld: boolean): Promise<void> {
    const isThere = (metadata.finalizers ?? []).includes(CACHE_FINALIZER);
    if (isThere === isHeld) return;
    const { name, namespace, uid } = metadata;
    const finalizers = isHeld ? { finalizers: [CACHE_FINALIZER] } : {};
    await this.deps.client.apply(
      { apiVersion, kind, metadata: { name, namespace, uid, ...finalizers } },
      FIELD_MANAGER,
    );
  }
}
