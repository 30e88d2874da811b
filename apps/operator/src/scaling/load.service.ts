import { SCALING_DEFAULTS, type DemandSettings } from '@parlance/scaling';
import type { SpeechModel } from '../api/speech-model.js';
import type { KubeObject } from '../kit/kube-object.js';
import { keyOf } from '../kit/kube-object.js';
import type { Demand, ObservedPod, PodLoad } from '../observe/observed.js';
import { readPod } from '../observe/pod-reading.js';
import { ModelLoad } from './model-load.js';
import type { PodCounters } from './pod-figures.js';

interface Reading {
  readonly load: PodLoad;
  readonly counters: PodCounters;
  readonly at: number;
}

/** A pod that has not said anything for so long is not known. */
const FRESH_MS = 30_000;

/** What pods published last, and how much each model is asked for. */
export class LoadService {
  private readonly readings = new Map<string, Reading>();
  private readonly models = new Map<string, ModelLoad>();

  constructor(private readonly now: () => number = Date.now) {}

  note(uid: string, load: PodLoad, counters: PodCounters): void {
    this.readings.set(uid, { load, counters, at: this.now() });
  }

  countersOf(uid: string): PodCounters | undefined {
    return this.readings.get(uid)?.counters;
  }

  /** Forgets all pods but these. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.readings.keys()) if (!uids.has(uid)) this.readings.delete(uid);
  }

  loadOf({ metadata }: KubeObject): PodLoad | undefined {
    const reading = this.readings.get(metadata.uid ?? '');
    return reading && this.now() - reading.at < FRESH_MS ? reading.load : undefined;
  }

  /** Takes what a model's pods say now into account. */
  sample(model: SpeechModel, pods: readonly KubeObject[]): void {
    const key = keyOf(model.object.metadata);
    const settings = demandSettings(model);
    let load = this.models.get(key);
    if (!load || !isSame(load.settings, settings)) this.models.set(key, (load = new ModelLoad(settings)));
    load.sample(this.read(pods), this.now(), model.spec.autoscaling.scaleDownSeconds * 1000);
  }

  /** The load falls when it has been lower for the whole time that the model gives it. */
  demandOf({ object, spec }: SpeechModel): Demand {
    const load = this.models.get(keyOf(object.metadata));
    const now = this.now();
    const percent = load?.mostSince(now - spec.autoscaling.scaleDownSeconds * 1000, now - FRESH_MS);
    const warm = spec.warmPods * spec.autoscaling.streamsPercent;
    return {
      loadPercent: percent === undefined ? undefined : percent + warm,
      lastActiveAt: load?.lastActiveAt,
    };
  }

  /** What an autoscaler is told: the load, and no less than the pods that still hold streams, so that only drained ones go. */
  scalingLoad(model: SpeechModel, pods: readonly KubeObject[]): number | undefined {
    const { loadPercent } = this.demandOf(model);
    if (loadPercent === undefined) return undefined;
    const busy = this.read(pods).filter(
      ({ isReady, isTerminating, load }) => isReady && !isTerminating && (load?.streams ?? 0) > 0,
    ).length;
    return Math.ceil(Math.max(loadPercent, busy * model.spec.autoscaling.streamsPercent));
  }

  forget(key: string): void {
    this.models.delete(key);
  }

  private read(pods: readonly KubeObject[]): ObservedPod[] {
    return pods.map((pod) => readPod(pod, this.loadOf(pod)));
  }
}

/** The defaults, and what the model says otherwise. */
function demandSettings({ spec }: SpeechModel): DemandSettings {
  const { leadSeconds, queueWaitMs } = spec.autoscaling;
  return { ...SCALING_DEFAULTS.demand, leadSeconds, queueWaitLimitSeconds: queueWaitMs / 1000 };
}

function isSame(one: DemandSettings, other: DemandSettings): boolean {
  return one.leadSeconds === other.leadSeconds && one.queueWaitLimitSeconds === other.queueWaitLimitSeconds;
}
