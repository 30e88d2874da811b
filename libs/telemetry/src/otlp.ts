import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as HttpLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as HttpTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';

/** The forms of OTLP, as OTEL_EXPORTER_OTLP_PROTOCOL names them. */
export const OTLP_PROTOCOLS = ['http/json', 'http/protobuf', 'grpc'] as const;
export type OtlpProtocol = (typeof OTLP_PROTOCOLS)[number];

/** Where a collector listens, and what it is spoken to by. */
export interface OtlpTarget {
  /** Its base address; over HTTP signals have paths below it. */
  readonly endpoint: string;
  readonly protocol: OtlpProtocol;
}

const DEADLINE_MS = 5_000;

const TRACES = { 'http/json': HttpTraces, 'http/protobuf': ProtobufTraces, grpc: GrpcTraces } as const;
const LOGS = { 'http/json': HttpLogs, 'http/protobuf': ProtobufLogs, grpc: GrpcLogs } as const;

/** Sends spans to a collector. */
export function spanExporter(target: OtlpTarget): SpanExporter {
  return new TRACES[target.protocol]({ url: urlOf(target, '/v1/traces'), timeoutMillis: DEADLINE_MS });
}

/** Sends lines of the log to a collector. */
export function logExporter(target: OtlpTarget): LogRecordExporter {
  return new LOGS[target.protocol]({ url: urlOf(target, '/v1/logs'), timeoutMillis: DEADLINE_MS });
}

function urlOf({ endpoint, protocol }: OtlpTarget, path: string): string {
  return protocol === 'grpc' ? endpoint : new URL(path, endpoint).href;
}
