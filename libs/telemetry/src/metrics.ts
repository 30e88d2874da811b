import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Logger } from './logger.js';

/** This process' metrics; `collectDefaultMetrics` adds memory, CPU and event-loop delay. */
export const metricsRegistry = new Registry();

/** Process metrics (resident memory, CPU, event-loop delay percentiles); once, at start. */
export function startProcessMetrics(): void {
  if (metricsRegistry.getSingleMetric('nodejs_eventloop_lag_p99_seconds')) return;
  collectDefaultMetrics({ register: metricsRegistry, eventLoopMonitoringPrecision: 5 });
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

export function histogram<Label extends string = string>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
  buckets: readonly number[] = LATENCY_BUCKETS,
): Histogram<Label> {
  return (
    existing<Histogram<Label>>(name) ??
    new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [metricsRegistry],
    })
  );
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
