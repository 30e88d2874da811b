export { createLogger, LOGGER, LoggerModule, NestLogger, type Logger } from './logger.js';
export {
  LATENCY_BUCKETS,
  seriesSuffixes,
  type LabelOf,
  type MetricDefinition,
  type MetricName,
} from './metric-definition.js';
export { METRICS } from './metric-registry.data.js';
export { counter, gauge, histogram, metricsRegistry, workFailureReporter } from './metrics.js';
export { OpsServer } from './ops-server.js';
export { askReadiness, Readiness, type ReadinessAnswer, type ReadinessParts } from './readiness.js';
export { faultReporter, startTelemetry, type Telemetry, type TelemetryOptions } from './start-telemetry.js';
export {
  activeSpan,
  activeTraceId,
  contextOf,
  extractTrace,
  failSpan,
  identityIn,
  injectTrace,
  runIn,
  SpanKind,
  startSpan,
  withIdentity,
  withSpan,
  type Context,
  type Span,
  type SpanOptions,
} from './tracing.js';
