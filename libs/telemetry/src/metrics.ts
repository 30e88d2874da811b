import { collectDefaultMetrics, Counter, Gauge, Histogram, type LabelValues, Registry } from 'prom-client';
import { watchBreakers } from '@parlance/resilience';
import type { Logger } from './logger.js';
import { labelCombinations, LATENCY_BUCKETS, type MetricDefinition } from './metric-definition.js';
import { METRICS, type LabelOf, type MetricName } from './metric-registry.data.js';
import { recordedTraceId } from './tracing.js';

/** This process' metrics; `collectDefaultMetrics` adds memory, CPU and event-loop delay. */
export const metricsRegistry = new Registry();

/** Gauges of prom-client that are named as counters; each is the sum of the gauge without `_total`. */
const MISNAMED_GAUGES = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Process metrics (resident memory, CPU, event-loop delay percentiles) and the open breakers; once, at start. */
export function startProcessMetrics(): void {
  if (metricsRegistry.getSingleMetric('nodejs_eventloop_lag_p99_seconds')) return;
  collectDefaultMetrics({ register: metricsRegistry, eventLoopMonitoringPrecision: 5 });
  for (const name of MISNAMED_GAUGES) metricsRegistry.removeSingleMetric(name);
  const openBreakers = gauge('parlance_breakers_open');
  watchBreakers((callee, isOpen) => openBreakers.inc({ callee }, isOpen ? 1 : -1));
}

/** The counter of that name in the registry of metrics. */
export function counter<Name extends MetricName<'counter'>>(name: Name): Counter<LabelOf<Name>> {
  const { help, labels } = METRICS[name];
  const made = (): Counter<LabelOf<Name>> =>
    new Counter<LabelOf<Name>>({ name, help, labelNames: [...labels], registers: [metricsRegistry] });
  return existing<Counter<LabelOf<Name>>>(name) ?? made();
}

/** Makes the counters that a service has, so that what has not happened yet reads 0 and not nothing; once, at start.
 *  @param service as in the registry's `sources` */
export function startCounters(service: string): void {
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const { kind, sources, atStart = {} }: MetricDefinition = METRICS[name];
    if (kind !== 'counter' || !sources.some((source) => source === 'every' || source === service)) continue;
    const made: Counter = counter(name as MetricName<'counter'>);
    for (const labels of labelCombinations(atStart)) made.inc(labels, 0);
  }
}

/** The gauge of that name in the registry of metrics. */
export function gauge<Name extends MetricName<'gauge'>>(name: Name): Gauge<LabelOf<Name>> {
  const { help, labels } = METRICS[name];
  const made = (): Gauge<LabelOf<Name>> =>
    new Gauge<LabelOf<Name>>({ name, help, labelNames: [...labels], registers: [metricsRegistry] });
  return existing<Gauge<LabelOf<Name>>>(name) ?? made();
}

/** The histogram of that name in the registry of metrics. Its buckets have the trace of a value that fell into them as an exemplar,
 *  where that trace is recorded. */
export function histogram<Name extends MetricName<'histogram'>>(name: Name): Histogram<LabelOf<Name>> {
  const definition: Pick<MetricDefinition, 'help' | 'buckets'> = METRICS[name];
  return tracedHistogram<LabelOf<Name>>(name, { ...definition, labels: METRICS[name].labels });
}

/** A histogram by what is given of it, made once. */
export function tracedHistogram<Label extends string>(
  name: string,
  { help, labels, buckets = LATENCY_BUCKETS }: HistogramParts<Label>,
): Histogram<Label> {
  const known = existing<Histogram<Label>>(name);
  if (known) return known;
  const made = new Histogram({
    name,
    help,
    labelNames: [...labels],
    buckets: [...buckets],
    // prom-client allows exemplars in none but registries whose own text is OpenMetrics, which this one's is not.
    registers: [],
    enableExemplars: true,
  });
  metricsRegistry.registerMetric(made);
  return withTraces(made);
}

interface HistogramParts<Label extends string> extends Pick<MetricDefinition, 'help' | 'buckets'> {
  readonly labels: readonly Label[];
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

/** Tenants that have a label of their own; they are configured, so that there are seldom more. */
const MOST_TENANTS = 1_000;
const tenants = new Set<string>();

/** What stands for a tenant in labels: its name, or `others` once this process has as many as a label may have. */
export function tenantLabel(tenant: string): string {
  if (tenants.has(tenant)) return tenant;
  if (tenants.size >= MOST_TENANTS) return 'others';
  tenants.add(tenant);
  return tenant;
}

const workFailures = () => counter('parlance_work_failures_total');

/** What is told of failed runs of repeated work (`PeriodicWork`): it counts them under the name of the work, and logs `message`. */
export function workFailureReporter(logger: Logger, work: string, message: string): (error: unknown) => void {
  workFailures().inc({ work }, 0);
  return (error) => {
    workFailures().inc({ work });
    logger.warn({ err: error }, message);
  };
}

function existing<Metric>(name: string): Metric | undefined {
  return metricsRegistry.getSingleMetric(name) as Metric | undefined;
}
