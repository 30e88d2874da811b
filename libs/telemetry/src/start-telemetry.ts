import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOnSampler,
  NoopSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import { BoundedSpans } from './bounded-spans.js';
import type { Logger } from './logger.js';
import { counter, startCounters } from './metrics.js';

export interface TelemetryOptions {
  readonly service: string;
  readonly version?: string;
  /** Base address of an OTLP/HTTP collector; without one spans exist (ids reach logs and peers) but go nowhere. */
  readonly otlpEndpoint?: string | undefined;
  /** Share of the traces begun here that are recorded, 0 to 1; who calls with a trace has decided for it. */
  readonly traceRatio?: number | undefined;
}

export interface Telemetry {
  /** Sends what is still held; bounded by the exporter's own deadline. */
  shutdown(): Promise<void>;
}

/** Starts tracing for this process (W3C propagation, batched OTLP export), and its counters at 0. Call once, before anything makes spans. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const processors = options.otlpEndpoint
    ? [
        new BoundedSpans(
          new OTLPTraceExporter({
            url: new URL('/v1/traces', options.otlpEndpoint).href,
            timeoutMillis: 5_000,
          }),
        ),
      ]
    : // Without any processor the SDK makes no spans at all, and logs and peers would carry no trace id.
      [new NoopSpanProcessor()];
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: `parlance-${options.service}`,
      [ATTR_SERVICE_VERSION]: options.version ?? '0.1.0',
    }),
    autoDetectResources: false,
    sampler: samplerFor(options.traceRatio ?? 1),
    spanProcessors: processors,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  startCounters(options.service);
  return { shutdown: () => sdk.shutdown() };
}

/** The collector keeps errors and slow turns only of what is recorded here: below 1 it cannot keep them all. */
function samplerFor(ratio: number): ParentBasedSampler {
  const root = ratio >= 1 ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(ratio);
  return new ParentBasedSampler({ root });
}

const faults = () => counter('parlance_process_faults_total');

/** Logs and counts a fault that nothing caught, before its process drains and ends. */
export function faultReporter(logger: Logger): (fault: unknown) => void {
  return (fault) => {
    faults().inc();
    logger.fatal({ err: fault }, 'a fault that nothing caught, draining');
  };
}
