import { UnreadableError } from './api/custom-resource.js';
import { readVoiceModel, type VoiceModel } from './api/voice-model.v1alpha1.schema.js';
import type { Executor } from './execute/executor.js';
import { faultStatus, unreadableStatus } from './execute/fault-status.js';
import type { StatusWriter } from './execute/status-writer.js';
import { KINDS } from './kit/kinds.data.js';
import { parseKey } from './kit/kube-object.js';
import { readCache, type PlanSettings } from './observe/observed.js';
import type { ClusterView } from './observe/cluster-view.js';
import { planVoiceModel, type ObservedVoice } from './plan/voice-model.plan.js';

export interface VoiceModelDependencies {
  readonly view: ClusterView;
  readonly executor: Executor;
  readonly statuses: StatusWriter;
  readonly settings: PlanSettings;
  readonly resyncMs: number;
}

/** Brings the cluster to what a VoiceModel asks for. */
export class VoiceModelReconciler {
  constructor(private readonly deps: VoiceModelDependencies) {}

  /** @returns after how many milliseconds to look again */
  async reconcile(key: string): Promise<number | undefined> {
    const { view, statuses, executor, resyncMs } = this.deps;
    const { namespace, name } = parseKey(key);
    const cached = view.get(KINDS.voiceModel, namespace, name);
    if (!cached || cached.metadata.deletionTimestamp) return undefined;
    const object = statuses.latest(cached);
    try {
      const observed = this.observe(readVoiceModel(object));
      let plan = planVoiceModel(observed);
      const found = await executor.find(object, plan.apply, observed.children);
      if (found.foreign.length > 0) plan = planVoiceModel({ ...observed, foreign: found.foreign });
      await executor.execute(object, plan, [...observed.children, ...found.own]);
      return Math.min(plan.againMs ?? resyncMs, resyncMs);
    } catch (error) {
      const now = new Date();
      // What was written before the fault is kept.
      const latest = statuses.latest(cached);
      const isUnreadable = error instanceof UnreadableError;
      const status = isUnreadable ? unreadableStatus(latest, error, now) : faultStatus(latest, error, now);
      if (status) await statuses.write(latest, status);
      if (isUnreadable) return resyncMs;
      throw error;
    }
  }

  private observe(voice: VoiceModel): ObservedVoice {
    const { view, settings } = this.deps;
    const { cache } = voice.spec;
    const found = cache && view.get(KINDS.modelCache, voice.namespace, cache.name);
    return {
      voice,
      children: view.childrenOf(voice.object),
      foreign: [],
      cache: found && readCache(found),
      settings,
      now: new Date(),
    };
  }
}
