export { createLogger, LOGGER, LoggerModule, NestLogger, type Logger } from './logger.js';
export { seriesSuffixes, type MetricDefinition } from './metric-definition.js';
export { METRICS, RUNTIME_METRICS, type LabelOf, type MetricName } from './metric-registry.data.js';
export { counter, gauge, histogram, metricsRegistry, tenantLabel, workFailureReporter } from './metrics.js';
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
  linksTo,
  runIn,
  SpanKind,
  startSpan,
  withIdentity,
  withSpan,
  type Context,
  type Span,
  type SpanOptions,
} from './tracing.js';
