import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, NoopSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';

export interface TelemetryOptions {
  readonly service: string;
  readonly version?: string;
  /** Base address of an OTLP/HTTP collector; without one spans exist (ids reach logs and peers) but go nowhere. */
  readonly otlpEndpoint?: string;
}

export interface Telemetry {
  /** Sends what is still held; bounded by the exporter's own deadline. */
  shutdown(): Promise<void>;
}

/** Starts tracing for this process: W3C propagation, batched OTLP export. Call once, before anything makes spans. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const processors = options.otlpEndpoint
    ? [
        new BatchSpanProcessor(
          new OTLPTraceExporter({
            url: new URL('/v1/traces', options.otlpEndpoint).href,
            timeoutMillis: 5_000,
          }),
          { scheduledDelayMillis: 1_000, maxQueueSize: 4_096 },
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
    spanProcessors: processors,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return { shutdown: () => sdk.shutdown() };
}
