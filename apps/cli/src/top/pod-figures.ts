import { seriesSum, type Series } from './metrics-text.js';

/** What a pod reports at one moment: sums since it started, which two moments make a mean of. */
export interface PodSample {
  readonly pod: string;
  /** Undefined: it did not answer. */
  readonly series: readonly Series[] | undefined;
}

/** How busy a pod is. */
export interface PodFigures {
  readonly pod: string;
  readonly isAway: boolean;
  readonly streams: number | undefined;
  readonly capacity: number | undefined;
  readonly recordings: number | undefined;
  /** Mean wait of a job for a worker, milliseconds. */
  readonly queueWaitMs: number | undefined;
  /** Time of recognition over the length of its audio; below 1 it keeps up. */
  readonly realTimeFactor: number | undefined;
  readonly residentBytes: number | undefined;
}

/** @param before  an earlier sample of the same pod; without one, means are those since its start */
export function podFigures({ pod, series }: PodSample, before: PodSample | undefined): PodFigures {
  const now = series ?? [];
  const earlier = before?.series ?? [];
  const meanOf = (histogram: string, labels: Readonly<Record<string, string>> = {}): number | undefined => {
    const grown = (part: string): number =>
      (seriesSum(now, `${histogram}_${part}`, labels) ?? 0) -
      (seriesSum(earlier, `${histogram}_${part}`, labels) ?? 0);
    const count = grown('count');
    // A pod that was restarted counts from nothing again.
    return count > 0 ? grown('sum') / count : undefined;
  };
  const wait = meanOf('parlance_inference_queue_wait_seconds', { lane: 'recognition' });
  return {
    pod,
    isAway: series === undefined,
    streams: seriesSum(now, 'parlance_inference_active_streams', { kind: 'live' }),
    capacity: seriesSum(now, 'parlance_inference_live_capacity'),
    recordings: seriesSum(now, 'parlance_inference_active_streams', { kind: 'recording' }),
    queueWaitMs: wait === undefined ? undefined : wait * 1_000,
    realTimeFactor: meanOf('parlance_recognition_rtf'),
    residentBytes: seriesSum(now, 'process_resident_memory_bytes'),
  };
}

const COLUMNS = ['POD', 'STREAMS', 'CAPACITY', 'FILES', 'WAIT', 'FACTOR', 'MEMORY'] as const;

/** A table of pods, one line each, under its headings. */
export function figuresTable(pods: readonly PodFigures[]): string[] {
  const rows = pods.map((figures) =>
    figures.isAway ? [figures.pod, 'does not answer', '', '', '', '', ''] : cellsOf(figures),
  );
  const widths = COLUMNS.map((title, at) =>
    Math.max(
      title.length,
      ...rows.map((row) => (row[1] === 'does not answer' && at > 0 ? 0 : (row[at]?.length ?? 0))),
    ),
  );
  return [[...COLUMNS], ...rows].map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf(figures: PodFigures): string[] {
  const { pod, streams, capacity, recordings, queueWaitMs, realTimeFactor, residentBytes } = figures;
  const text = (value: number | undefined, digits = 0, unit = ''): string =>
    value === undefined ? '-' : `${value.toFixed(digits)}${unit}`;
  return [
    pod,
    text(streams),
    text(capacity),
    text(recordings),
    text(queueWaitMs, 1, ' ms'),
    text(realTimeFactor, 3),
    text(residentBytes === undefined ? undefined : residentBytes / 1024 ** 2, 0, ' MiB'),
  ];
}
