import { afterEach, describe, expect, it } from '@jest/globals';
import { context, propagation, trace } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createLogger } from './logger.js';
import { startTelemetry, type Telemetry } from './start-telemetry.js';
import { withSpan } from './tracing.js';

const raw = {
  requestStream: false,
  responseStream: false,
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
};
/** Of opentelemetry-proto's collector services, whose answers may be empty. */
const service = (signal: string): ServiceDefinition => ({
  Export: {
    ...raw,
    path: `/opentelemetry.proto.collector.${signal}.v1.${signal === 'trace' ? 'Trace' : 'Logs'}Service/Export`,
  },
});

let telemetry: Telemetry | undefined;
let http: HttpServer | undefined;
let grpc: Server | undefined;
afterEach(async () => {
  await telemetry?.shutdown();
  // A process has one of each; the next test wants its own.
  for (const api of [trace, context, propagation, logs]) api.disable();
  http?.closeAllConnections();
  http?.close();
  grpc?.forceShutdown();
  [telemetry, http, grpc] = [undefined, undefined, undefined];
});

async function httpCollector(received: Map<string, Buffer>): Promise<string> {
  http = createServer((request, response) => {
    void buffer(request).then((body) => {
      received.set(`${request.url} ${request.headers['content-type']}`, body);
      response.end(request.headers['content-type'] === 'application/json' ? '{}' : '');
    });
  });
  await new Promise<void>((resolve) => http!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function grpcCollector(received: Map<string, Buffer>): Promise<string> {
  grpc = new Server();
  for (const signal of ['trace', 'logs'])
    grpc.addService(service(signal), {
      Export: (call: { request: Buffer }, done: (error: null, answer: Buffer) => void) => {
        received.set(signal, call.request);
        done(null, Buffer.alloc(0));
      },
    });
  const port = await new Promise<number>((resolve, reject) =>
    grpc!.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return `http://127.0.0.1:${port}`;
}

describe('spans and lines of the log', () => {
  it('go to a collector over gRPC', async () => {
    const received = new Map<string, Buffer>();
    const otlp = {
      otlpEndpoint: await grpcCollector(received),
      otlpProtocol: 'grpc',
      otlpLogs: true,
    } as const;
    telemetry = startTelemetry({ service: 'tts', ...otlp });
    const logger = createLogger({ service: 'tts', level: 'info', otlpLogs: true });
    await withSpan('speak', {}, async () => logger.info({ apiKey: 'a-secret' }, 'a sentence was spoken'));
    await telemetry.shutdown();
    expect(received.get('trace')?.toString('latin1')).toMatch(/parlance-tts[^]*speak/);
    expect(received.get('logs')?.toString('latin1')).toMatch(/a sentence was spoken/);
    expect(received.get('logs')?.toString('latin1')).not.toContain('a-secret');
  });

  it('go over HTTP as JSON, each line with its trace', async () => {
    const received = new Map<string, Buffer>();
    telemetry = startTelemetry({
      service: 'tts',
      otlpEndpoint: await httpCollector(received),
      otlpLogs: true,
    });
    const logger = createLogger({ service: 'tts', level: 'info', otlpLogs: true });
    await withSpan('speak', {}, async () => logger.warn('a sentence was late'));
    await telemetry.shutdown();
    const logs = received.get('/v1/logs application/json')?.toString() ?? '';
    const traces = received.get('/v1/traces application/json')?.toString() ?? '';
    const [, traceId] = /"traceId":"([0-9a-f]{32})"/.exec(traces) ?? [];
    expect(logs).toContain('"stringValue":"a sentence was late"');
    expect(logs).toContain('"severityText":"WARN"');
    expect(logs).toContain(`"traceId":"${traceId}"`);
  });

  it('go over HTTP as protocol buffers', async () => {
    const received = new Map<string, Buffer>();
    const otlpEndpoint = await httpCollector(received);
    telemetry = startTelemetry({ service: 'tts', otlpEndpoint, otlpProtocol: 'http/protobuf' });
    await withSpan('speak', {}, async () => undefined);
    await telemetry.shutdown();
    expect(received.get('/v1/traces application/x-protobuf')?.toString('latin1')).toContain('speak');
  });

  it('are refused by name where no collector is said', () => {
    expect(() => startTelemetry({ service: 'tts', otlpLogs: true })).toThrow(
      /^PARLANCE_OTLP_LOGS: OTEL_EXPORTER_OTLP_ENDPOINT/,
    );
  });
});
