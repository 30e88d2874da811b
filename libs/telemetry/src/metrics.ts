import { collectDefaultMetrics, Counter, Gauge, Histogram, type LabelValues, Registry } from 'prom-client';
import type { Logger } from './logger.js';
import { recordedTraceId } from './tracing.js';

/** This process' metrics; `collectDefaultMetrics` adds memory, CPU and event-loop delay. */
export const metricsRegistry = new Registry();

/** Gauges of prom-client that are named as counters; each is the sum of the gauge without `_total`. */
const MISNAMED_GAUGES = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Process metrics (resident memory, CPU, event-loop delay percentiles); once, at start. */
export function startProcessMetrics(): void {
  if (metricsRegistry.getSingleMetric('nodejs_eventloop_lag_p99_seconds')) return;
  collectDefaultMetrics({ register: metricsRegistry, eventLoopMonitoringPrecision: 5 });
  for (const name of MISNAMED_GAUGES) metricsRegistry.removeSingleMetric(name);
}

export function counter<Label extends string = string>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Counter<Label> {
  return (
    existing<Counter<Label>>(name) ??
    new Counter({ name, help, labelNames: [...labelNames], registers: [metricsRegistry] })
  );
}

export function gauge<Label extends string = string>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Gauge<Label> {
  return (
    existing<Gauge<Label>>(name) ??
    new Gauge({ name, help, labelNames: [...labelNames], registers: [metricsRegistry] })
  );
}

/** From 1 ms to 2 min, in seconds. */
const LATENCY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** A histogram whose buckets have the trace of a value that fell into them as an exemplar, where that trace is recorded. */
export function histogram<Label extends string = string>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
  buckets: readonly number[] = LATENCY_BUCKETS,
): Histogram<Label> {
  const known = existing<Histogram<Label>>(name);
  if (known) return known;
  const made = new Histogram({
    name,
    help,
    labelNames: [...labelNames],
    buckets: [...buckets],
    // prom-client allows exemplars in none but registries whose own text is OpenMetrics, which this one's is not.
    registers: [],
    enableExemplars: true,
  });
  metricsRegistry.registerMetric(made);
  return withTraces(made);
}

/** What prom-client observes where a histogram has exemplars. */
interface Observation<Label extends string> {
  readonly labels: LabelValues<Label>;
  readonly value: number;
  readonly exemplarLabels: Readonly<Record<string, string>>;
}

/** The same histogram, whose methods are called as without exemplars and find the active trace by themselves. */
function withTraces<Label extends string>(histogram: Histogram<Label>): Histogram<Label> {
  // Its types give exemplars the labels of the metric.
  const note = histogram.observe.bind(histogram) as unknown as (observation: Observation<Label>) => void;
  const observe = (...given: [value: number] | [labels: LabelValues<Label>, value: number]): void => {
    const [labels, value] = given.length === 1 ? [{}, given[0]] : given;
    const trace = recordedTraceId();
    note({ labels, value, exemplarLabels: trace === undefined ? {} : { trace_id: trace } });
  };
  const startTimer = (labels: LabelValues<Label> = {}) => {
    const begun = performance.now();
    return (more: LabelValues<Label> = {}): number => {
      const seconds = (performance.now() - begun) / 1_000;
      observe({ ...labels, ...more }, seconds);
      return seconds;
    };
  };
  return Object.assign(histogram, { observe, startTimer });
}

const workFailures = () =>
  counter<'work'>('parlance_work_failures_total', 'Runs of repeated work that failed, by the work.', [
    'work',
  ]);

/** What is told of failed runs of repeated work (`PeriodicWork`): it counts them under the name of the work, and logs `message`. */
export function workFailureReporter(logger: Logger, work: string, message: string): (error: unknown) => void {
  return (error) => {
    workFailures().inc({ work });
    logger.warn({ err: error }, message);
  };
}

function existing<Metric>(name: string): Metric | undefined {
  return metricsRegistry.getSingleMetric(name) as Metric | undefined;
}
