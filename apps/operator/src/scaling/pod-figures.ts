import { errorRow, isErrorCode } from '@parlance/errors';
import type { PodLoad } from '../observe/observed.js';

const STREAMS = 'parlance_inference_active_streams';
const CAPACITY = 'parlance_inference_live_capacity';
const REFUSED = 'parlance_inference_refused_streams_total';
const JOBS = 'parlance_inference_queue_wait_seconds_count';
const WAIT_SECONDS = 'parlance_inference_queue_wait_seconds_sum';
const LOST = 'parlance_inference_workers_lost_total';
const FAULTS = 'parlance_rpc_server_faults_total';
/** Finals of live streams, partials and recordings, by kind. */
const RECOGNITIONS = 'parlance_recognition_seconds_count';
const FINAL_SECONDS = 'parlance_recognition_seconds_sum';
const NAMES = new Set([
  STREAMS,
  CAPACITY,
  REFUSED,
  JOBS,
  WAIT_SECONDS,
  LOST,
  FAULTS,
  RECOGNITIONS,
  FINAL_SECONDS,
]);

/** The lane of voice activity detection, whose jobs are short and many. */
const SIGNAL_LANE = 'signal';

/** What a pod says that starts or ends as it should. */
const ORDINARY: ReadonlySet<string> = new Set(['model.loading', 'service.draining']);

/** Counters of a pod at one scrape; figures are about the time between two. */
export interface PodCounters {
  readonly jobs: number;
  readonly waitSeconds: number;
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
  const sum = (...chosen: Parameters<typeof of>) =>
    of(...chosen).reduce((total, { value }) => total + value, 0);
  const isFinal = ({ kind }: Sample['labels']) => kind === 'final';
  const isDecode = ({ lane }: Sample['labels']) => lane !== SIGNAL_LANE;

  const counters: PodCounters = {
    jobs: sum(JOBS, isDecode),
    waitSeconds: sum(WAIT_SECONDS, isDecode),
    finals: sum(RECOGNITIONS, isFinal),
    finalSeconds: sum(FINAL_SECONDS, isFinal),
  };
  const wentOn = before && counters.finals >= before.finals && counters.jobs >= before.jobs;
  const since = wentOn ? before : undefined;
  const jobs = counters.jobs - (since?.jobs ?? 0);
  const finals = counters.finals - (since?.finals ?? 0);
  const meanMs = (seconds: number, count: number) => (count > 0 ? (1000 * seconds) / count : undefined);
  const capacities = of(CAPACITY).map(({ value }) => value);
  return {
    load: {
      streams: sum(STREAMS, ({ kind }) => kind === 'live'),
      capacity: capacities.length > 0 ? Math.min(...capacities) : 0,
      refused: sum(REFUSED),
      jobs,
      queueWaitMs: meanMs(counters.waitSeconds - (since?.waitSeconds ?? 0), jobs) ?? 0,
      workersLost: sum(LOST),
      failed: sum(FAULTS, isOwnFault),
      answered: sum(RECOGNITIONS, ({ kind }) => kind !== 'partial'),
      finalMs: meanMs(counters.finalSeconds - (since?.finalSeconds ?? 0), finals),
    },
    counters,
  };
}

/** Whether a fault speaks against the pod, and not against what it was asked for or how much. */
function isOwnFault({ code }: Sample['labels']): boolean {
  return isErrorCode(code) && errorRow(code).http >= 500 && !ORDINARY.has(code);
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** @returns the samples of a page in Prometheus' text format whose names are asked for; other lines are passed over */
function parseSamples(text: string, names: ReadonlySet<string>): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined || !names.has(name)) continue;
    samples.push({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text.replace(/\\(.)/g, '$1')]),
      ),
      value: Number(value?.replace(/^\+?Inf$/, 'Infinity')),
    });
  }
  return samples;
}
