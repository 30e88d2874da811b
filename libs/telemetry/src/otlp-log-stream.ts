import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import { pino, type DestinationStream } from 'pino';

const SEVERITIES: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

interface LogLine extends Readonly<Record<string, unknown>> {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
}

/** Standard output, and each line once more as a log record of OpenTelemetry. The line is what is sent, so that what is redacted there is
 *  redacted here; the record's trace is that of whoever logs. */
export function withOtlpLogs(): DestinationStream {
  const output = pino.destination(1);
  return {
    write: (line) => {
      output.write(line);
      const {
        level,
        time,
        msg,
        trace_id: _trace,
        span_id: _span,
        ...attributes
      } = JSON.parse(line) as LogLine;
      logs.getLogger('parlance').emit({
        severityNumber: SEVERITIES[level] ?? SeverityNumber.UNSPECIFIED,
        severityText: level.toUpperCase(),
        timestamp: new Date(time),
        body: msg ?? '',
        attributes: attributes as Record<string, string>,
      });
    },
  };
}
