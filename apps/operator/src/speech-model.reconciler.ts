import { readSpeechModel } from './api/speech-model.v1alpha1.schema.js';
import { UnreadableError } from './api/custom-resource.js';
import type { SpeechModel } from './api/speech-model.js';
import type { Executor } from './execute/executor.js';
import { faultStatus, unreadableStatus } from './execute/fault-status.js';
import type { StatusWriter } from './execute/status-writer.js';
import { KINDS } from './kit/kinds.data.js';
import { parseKey, type KubeObject } from './kit/kube-object.js';
import { readCache, type ObservedModel, type PlanSettings } from './observe/observed.js';
import type { ClusterView } from './observe/cluster-view.js';
import type { OffersService } from './observe/offers.service.js';
import { readPod } from './observe/pod-reading.js';
import { planSpeechModel } from './plan/speech-model.plan.js';
import type { GoldenCheckService } from './rollout/golden-check.service.js';
import type { LoadService } from './scaling/load.service.js';

export interface SpeechModelDependencies {
  readonly view: ClusterView;
  readonly offers: OffersService;
  readonly loads: LoadService;
  readonly goldens: GoldenCheckService;
  readonly executor: Executor;
  readonly statuses: StatusWriter;
  readonly settings: PlanSettings;
  readonly resyncMs: number;
}

/** Brings the cluster to what a SpeechModel asks for: observes, plans, executes. */
export class SpeechModelReconciler {
  constructor(private readonly deps: SpeechModelDependencies) {}

  /** @returns after how many milliseconds to look again */
  async reconcile(key: string): Promise<number | undefined> {
    const { view, statuses, executor, goldens, resyncMs } = this.deps;
    const { namespace, name } = parseKey(key);
    const cached = view.get(KINDS.speechModel, namespace, name);
    if (!cached || cached.metadata.deletionTimestamp) {
      // What it owns is removed by the cluster.
      goldens.forget(key);
      statuses.forget(cached?.metadata.uid);
      return undefined;
    }
    const object = statuses.latest(cached);
    const model = await this.read(object);
    if (!model) return resyncMs;
    try {
      const observed = this.observe(model);
      let plan = planSpeechModel(observed);
      const found = await executor.find(object, plan.apply, observed.children);
      if (found.foreign.length > 0) plan = planSpeechModel({ ...observed, foreign: found.foreign });
      await executor.execute(object, plan, [...observed.children, ...found.own]);
      if (plan.check) goldens.request(key, plan.check, view.podsOf(object));
      return Math.min(plan.againMs ?? resyncMs, jittered(resyncMs));
    } catch (error) {
      // What was written before the fault is kept: a step of a rollout is not taken back.
      const latest = statuses.latest(cached);
      const status = faultStatus(latest, error, new Date());
      if (status) await statuses.write(latest, status);
      throw error;
    }
  }

  private async read(object: KubeObject): Promise<SpeechModel | undefined> {
    try {
      return readSpeechModel(object);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      await this.deps.statuses.write(object, unreadableStatus(object, error, new Date()));
      return undefined;
    }
  }

  private observe(model: SpeechModel): ObservedModel {
    const { view, offers, loads, goldens, settings } = this.deps;
    const { namespace, object, spec } = model;
    const cache =
      spec.cacheName === undefined ? undefined : view.get(KINDS.modelCache, namespace, spec.cacheName);
    return {
      model,
      children: view.childrenOf(object),
      foreign: [],
      pods: view.podsOf(object).map((pod) => readPod(pod, loads.loadOf(pod))),
      cache: cache && readCache(cache),
      offers: offers.current,
      demand: loads.demandOf(model),
      golden: goldens.resultOf(`${namespace}/${model.name}`),
      settings,
      now: new Date(),
    };
  }
}

/** Objects that were first looked at together are looked at again apart. */
const jittered = (ms: number): number => ms * (0.75 + Math.random() / 2);
