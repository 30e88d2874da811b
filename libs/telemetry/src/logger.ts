import { context, trace } from '@opentelemetry/api';
import { type DynamicModule, type LoggerService, Module } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { isAppError } from '@parlance/errors';
import { withOtlpLogs } from './otlp-log-stream.js';
import { identityIn } from './tracing.js';

export type { Logger };

/** Injection token of the process' logger. */
export const LOGGER = Symbol('LOGGER');

const SECRETS = ['authorization', 'apiKey', 'api_key', 'token', 'password', 'secret', 'key'];

export interface LoggerOptions {
  readonly service: string;
  readonly level: string;
  /** Whether lines go to the collector too, to which `startTelemetry` sends them. */
  readonly otlpLogs?: boolean;
}

/** JSON lines on stdout; each carries the trace it belongs to and whom it is about. */
export function createLogger(options: LoggerOptions): Logger {
  const settings: pino.LoggerOptions = {
    name: options.service,
    level: options.level,
    base: { service: `parlance-${options.service}` },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    serializers: { err: serializeError },
    mixin: () => {
      const span = trace.getSpan(context.active())?.spanContext();
      return { ...identityIn(), ...(span ? { trace_id: span.traceId, span_id: span.spanId } : {}) };
    },
  };
  return options.otlpLogs ? pino(settings, withOtlpLogs()) : pino(settings);
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return {
    type: error.name,
    message: error.message,
    ...(isAppError(error) ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  };
}

/** Nest's own start-up lines through the same logger; its chatter about routes goes to debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: rest.at(-1) }, String(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn({ context: rest.at(-1) }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error({ context: rest.at(-1) }, String(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.log(message, ...rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.log(message, ...rest);
  }
}

@Module({})
export class LoggerModule {
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: LoggerModule,
      global: true,
      providers: [{ provide: LOGGER, useValue: logger }],
      exports: [LOGGER],
    };
  }
}
