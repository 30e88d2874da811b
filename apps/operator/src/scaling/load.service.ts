import type { SpeechModel } from '../api/speech-model.js';
import type { KubeObject } from '../kit/kube-object.js';
import { keyOf } from '../kit/kube-object.js';
import type { Demand, ObservedPod, PodLoad } from '../observe/observed.js';
import { readPod } from '../observe/pod-reading.js';
import { loadOf } from '../plan/demand.js';
import type { PodCounters } from './pod-figures.js';

interface Reading {
  readonly load: PodLoad;
  readonly counters: PodCounters;
  readonly at: number;
}

interface Point {
  readonly at: number;
  readonly percent: number;
}

/** A pod that has not said anything for so long is not known. */
const FRESH_MS = 30_000;

/** What pods published last, and what the load of each model has been of late. */
export class LoadService {
  private readonly readings = new Map<string, Reading>();
  private readonly histories = new Map<string, Point[]>();
  private readonly activeAt = new Map<string, number>();

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

  /** Adds the present load of a model to its history. */
  sample(model: SpeechModel, pods: readonly KubeObject[]): void {
    const key = keyOf(model.object.metadata);
    const now = this.now();
    const read = this.readyPods(pods);
    if (read.some(({ load }) => (load?.streams ?? 0) > 0)) this.activeAt.set(key, now);
    else if (!this.activeAt.has(key)) this.activeAt.set(key, now);
    const percent = loadOf(read, model.spec.autoscaling);
    const from = now - model.spec.autoscaling.scaleDownSeconds * 1000;
    const history = (this.histories.get(key) ?? []).filter(({ at }) => at >= from);
    if (percent !== undefined) history.push({ at: now, percent });
    this.histories.set(key, history);
  }

  /** The load falls when it has been lower for the whole time that the model gives it. */
  demandOf({ object, spec }: SpeechModel, pods: readonly KubeObject[]): Demand {
    const key = keyOf(object.metadata);
    const from = this.now() - spec.autoscaling.scaleDownSeconds * 1000;
    const recent = (this.histories.get(key) ?? [])
      .filter(({ at }) => at >= from)
      .map(({ percent }) => percent);
    const present = loadOf(this.readyPods(pods), spec.autoscaling);
    const loads = present === undefined ? recent : [...recent, present];
    const warm = spec.warmPods * spec.autoscaling.streamsPercent;
    return {
      loadPercent: loads.length === 0 ? undefined : Math.max(...loads) + warm,
      lastActiveAt: this.activeAt.get(key),
    };
  }

  /** What an autoscaler is told: the load, and no less than the pods that still hold streams, so that only drained ones go. */
  scalingLoad(model: SpeechModel, pods: readonly KubeObject[]): number | undefined {
    const { loadPercent } = this.demandOf(model, pods);
    if (loadPercent === undefined) return undefined;
    const busy = this.readyPods(pods).filter(({ load }) => (load?.streams ?? 0) > 0).length;
    return Math.ceil(Math.max(loadPercent, busy * model.spec.autoscaling.streamsPercent));
  }

  forget(key: string): void {
    this.histories.delete(key);
    this.activeAt.delete(key);
  }

  private readyPods(pods: readonly KubeObject[]): ObservedPod[] {
    return pods
      .map((pod) => readPod(pod, this.loadOf(pod)))
      .filter(({ isReady, isTerminating }) => isReady && !isTerminating);
  }
}
