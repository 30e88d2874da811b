import type { PodLoad } from '../observe/observed.js';
import { parseSamples, quantileOf, type Sample } from './prometheus-text.js';

const STREAMS = 'parlance_inference_active_streams';
const CAPACITY = 'parlance_inference_live_capacity';
const WAIT = 'parlance_inference_queue_wait_seconds_bucket';
const LOST = 'parlance_inference_workers_lost_total';
const FINALS = 'parlance_recognition_seconds_count';
const FINAL_SECONDS = 'parlance_recognition_seconds_sum';
const NAMES = new Set([STREAMS, CAPACITY, WAIT, LOST, FINALS, FINAL_SECONDS]);

/** The lane of voice activity detection, whose jobs are short and many. */
const SIGNAL_LANE = 'signal';
const WAIT_QUANTILE = 0.95;

/** Counters of a pod at one scrape; figures are about the time between two. */
export interface PodCounters {
  readonly waits: ReadonlyMap<number, number>;
  readonly finals: number;
  readonly finalSeconds: number;
}

/** @returns what a pod's metrics page says, and the counters for the next reading
 *  @param before  counters of the reading before; a pod that began anew counts from zero */
export function readFigures(
  page: string,
  before: PodCounters | undefined,
): { readonly load: PodLoad; readonly counters: PodCounters } {
  const samples = parseSamples(page, NAMES);
  const of = (name: string, matches: (labels: Sample['labels']) => boolean = () => true) =>
    samples.filter((sample) => sample.name === name && matches(sample.labels));
  const sum = (chosen: readonly Sample[]) => chosen.reduce((total, { value }) => total + value, 0);
  const isFinal = (labels: Sample['labels']) => labels.kind === 'final';

  const waits = new Map<number, number>();
  for (const { labels, value } of of(WAIT, ({ lane }) => lane !== SIGNAL_LANE)) {
    const bound = labels.le === '+Inf' ? Infinity : Number(labels.le);
    waits.set(bound, (waits.get(bound) ?? 0) + value);
  }
  const counters = { waits, finals: sum(of(FINALS, isFinal)), finalSeconds: sum(of(FINAL_SECONDS, isFinal)) };
  const since = before && counters.finals >= before.finals ? before : undefined;
  const recentWaits = new Map(
    [...waits].map(([bound, count]) => [bound, Math.max(0, count - (since?.waits.get(bound) ?? 0))]),
  );
  const finals = counters.finals - (since?.finals ?? 0);
  const capacities = of(CAPACITY).map(({ value }) => value);
  return {
    load: {
      streams: sum(of(STREAMS, ({ kind }) => kind === 'live')),
      capacity: capacities.length > 0 ? Math.min(...capacities) : 0,
      queueWaitMs: Math.round(1000 * quantileOf(recentWaits, WAIT_QUANTILE)),
      workersLost: sum(of(LOST)),
      finalMs:
        finals > 0 ? (1000 * (counters.finalSeconds - (since?.finalSeconds ?? 0))) / finals : undefined,
    },
    counters,
  };
}
