import { trace } from '@opentelemetry/api';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { Counter, Gauge, Registry } from 'prom-client';
import { outsideCall } from '@parlance/resilience';
import { RUNTIME_METRICS } from './metric-registry.data.js';
import {
  counter,
  histogram,
  metricsRegistry,
  startProcessMetrics,
  tenantLabel,
  tracedHistogram,
} from './metrics.js';
import { openMetricsText } from './openmetrics.js';
import { startTelemetry } from './start-telemetry.js';
import { activeTraceId, withSpan } from './tracing.js';

describe('OpenMetrics text', () => {
  it('has counters with _total, gauges by their own names, units and an end', async () => {
    const registers = [new Registry()];
    const jobs = new Counter({ name: 'jobs_seconds_total', help: 'Time of "jobs".', registers });
    const unnamed = new Counter({ name: 'faults', help: 'Faults\nof all', labelNames: ['why'], registers });
    const held = new Gauge({ name: 'held_bytes', help: 'Memory.', registers });
    new Gauge({ name: 'build_info', help: 'Build.', labelNames: ['version'], registers }).set(
      { version: '1' },
      1,
    );
    jobs.inc(2.5);
    unnamed.inc({ why: 'a "\\" and\na line' });
    held.set(NaN);
    expect((await openMetricsText(registers[0]!)).split('\n')).toEqual([
      '# TYPE jobs_seconds counter',
      '# UNIT jobs_seconds seconds',
      '# HELP jobs_seconds Time of \\"jobs\\".',
      'jobs_seconds_total 2.5',
      '# TYPE faults counter',
      '# HELP faults Faults\\nof all',
      String.raw`faults_total{why="a \"\\\" and\na line"} 1`,
      '# TYPE held_bytes gauge',
      '# UNIT held_bytes bytes',
      '# HELP held_bytes Memory.',
      'held_bytes NaN',
      '# TYPE build info',
      '# HELP build Build.',
      'build_info{version="1"} 1',
      '# EOF',
      '',
    ]);
    // The page for others has the names it had.
    const page = await registers[0]!.metrics();
    expect(page).toContain('# TYPE jobs_seconds_total counter\njobs_seconds_total 2.5');
  });

  it('writes bounds of buckets as floats', async () => {
    tracedHistogram('parlance_spec_rows', { help: 'Rows.', labels: [], buckets: [1, 2.5] }).observe(2);
    const text = await openMetricsText(metricsRegistry);
    expect(text).toContain(
      [
        'parlance_spec_rows_bucket{le="1.0"} 0',
        'parlance_spec_rows_bucket{le="2.5"} 1',
        'parlance_spec_rows_bucket{le="+Inf"} 1',
        'parlance_spec_rows_sum 2',
        'parlance_spec_rows_count 1',
      ].join('\n'),
    );
  });
});

describe('a histogram', () => {
  afterEach(() => trace.disable());
  afterAll(() => metricsRegistry.clear());

  /** What the bucket up to 1 has as its exemplar after one value of 0.5. */
  async function exemplarOf(name: string): Promise<string | undefined> {
    let id: string | undefined;
    await withSpan('work', {}, async () => {
      id = activeTraceId();
      tracedHistogram(name, { help: 'Time.', labels: ['kind'], buckets: [1] }).observe({ kind: 'a' }, 0.5);
    });
    const text = await openMetricsText(metricsRegistry);
    const [, exemplar] = new RegExp(`^${name}_bucket\\{le="1.0",kind="a"\\} 1(.*)$`, 'm').exec(text) ?? [];
    return exemplar?.replace(id ?? 'none', 'TRACE').replace(/ [\d.]+$/, ' TIME');
  }

  it('has the trace of a value as the exemplar of its bucket, in OpenMetrics alone', async () => {
    const telemetry = startTelemetry({ service: 'spec' });
    expect(await exemplarOf('parlance_spec_seconds')).toBe(' # {trace_id="TRACE"} 0.5 TIME');
    expect(await metricsRegistry.metrics()).not.toContain('trace_id');
    await telemetry.shutdown();
  });

  it('has none of a span that is not sampled', async () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ sampler: new AlwaysOffSampler() }));
    expect(await exemplarOf('parlance_spec_unsampled_seconds')).toBe('');
  });

  it('times with the labels of both ends, and has no exemplar outside of a span', async () => {
    const end = tracedHistogram('parlance_spec_timed_seconds', {
      help: 'Time.',
      labels: ['from', 'to'],
    }).startTimer({ from: 'a' });
    expect(end({ to: 'b' })).toBeLessThan(1);
    const text = await openMetricsText(metricsRegistry);
    expect(text).toContain('parlance_spec_timed_seconds_count{from="a",to="b"} 1\n');
  });
});

describe('the metrics of a process', () => {
  it('have those of Node.js that dashboards ask for', () => {
    startProcessMetrics();
    for (const name of Object.keys(RUNTIME_METRICS))
      expect([name, metricsRegistry.getSingleMetric(name)]).toEqual([name, expect.anything()]);
  });

  it('are made by the registry: kind, help, labels and buckets', async () => {
    counter('parlance_messages_total').inc({ subject: 'parlance.work', outcome: 'handled' });
    histogram('parlance_recognition_probability').observe({ kind: 'final' }, 0.85);
    expect(counter('parlance_messages_total')).toBe(counter('parlance_messages_total'));
    const text = await metricsRegistry.metrics();
    expect(text).toContain('# HELP parlance_messages_total Work messages by what became of them.\n');
    expect(text).toContain('parlance_messages_total{subject="parlance.work",outcome="handled"} 1\n');
    expect(text).toContain('parlance_recognition_probability_bucket{le="0.9",kind="final"} 1\n');
    expect(() => counter('parlance_messages_total').inc({ to: 'x' } as object)).toThrow('label');
  });

  it('count the open breakers by what they guard', async () => {
    startProcessMetrics();
    const call = outsideCall({
      ...{ name: 'A provider', timeoutMs: 1_000, attempts: 1 },
      breaker: { failures: 1, halfOpenAfterMs: 1 },
    });
    await expect(call.execute(() => Promise.reject(new Error('down')))).rejects.toThrow();
    expect(await metricsRegistry.metrics()).toContain('parlance_breakers_open{callee="A provider"} 1\n');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await call.execute(() => Promise.resolve());
    expect(await metricsRegistry.metrics()).toContain('parlance_breakers_open{callee="A provider"} 0\n');
  });

  it('have labels for as many tenants as a process may know, and one for the others', () => {
    const labels = Array.from({ length: 1_100 }, (_, tenant) => tenantLabel(`tenant-${tenant}`));
    expect(new Set(labels).size).toBe(1_001);
    expect([labels[0], labels.at(-1), tenantLabel('tenant-7')]).toEqual(['tenant-0', 'others', 'tenant-7']);
  });
});
