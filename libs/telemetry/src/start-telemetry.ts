import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
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
import { traceWordsOf } from './traced-words.js';
import { logExporter, spanExporter, type OtlpProtocol } from './otlp.js';

export interface TelemetryOptions {
  readonly service: string;
  readonly version?: string;
  /** Base address of a collector; without one spans exist (ids reach logs and peers) but go nowhere. */
  readonly otlpEndpoint?: string | undefined;
  /** What it is spoken to by; JSON over HTTP by default. */
  readonly otlpProtocol?: OtlpProtocol;
  /** Tenants whose spans may have what was said and replied; none by default. */
  readonly tracedWords?: readonly string[];
  /** Whether it gets the log as well. */
  readonly otlpLogs?: boolean;
  /** Share of the traces begun here that are recorded, 0 to 1; who calls with a trace has decided for it. */
  readonly traceRatio?: number | undefined;
}

export interface Telemetry {
  /** Sends what is still held; bounded by the exporter's own deadline. */
  shutdown(): Promise<void>;
}

/** Starts tracing for this process (W3C propagation, batched OTLP export), and its counters at 0. Call once, before anything makes spans. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const { otlpEndpoint: endpoint, otlpProtocol: protocol = 'http/json', otlpLogs = false } = options;
  if (otlpLogs && endpoint === undefined)
    throw new Error('PARLANCE_OTLP_LOGS: OTEL_EXPORTER_OTLP_ENDPOINT does not say where to send the log.');
  const target = endpoint === undefined ? undefined : { endpoint, protocol };
  // Without any processor the SDK makes no spans at all, and logs and peers would carry no trace id.
  const spans = target ? new BoundedSpans(spanExporter(target)) : new NoopSpanProcessor();
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: `parlance-${options.service}`,
      [ATTR_SERVICE_VERSION]: options.version ?? '0.1.0',
    }),
    autoDetectResources: false,
    sampler: samplerFor(options.traceRatio ?? 1),
    spanProcessors: [spans],
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors:
      target && otlpLogs ? [new BatchLogRecordProcessor({ exporter: logExporter(target) })] : [],
  });
  traceWordsOf(options.tracedWords ?? []);
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
