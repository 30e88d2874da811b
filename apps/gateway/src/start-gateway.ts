import type { Duplex } from 'node:stream';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { RunningProcess } from '@parlance/config';
import { grpcServerOptions, HealthStatus, RunningGrpcServer } from '@parlance/rpc';
import {
  createLogger,
  faultReporter,
  LOGGER,
  NestLogger,
  startTelemetry,
  type Logger,
} from '@parlance/telemetry';
import { OpenCalls } from './drain/open-calls.service.js';
import type { GatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import { drainedRequests } from './http/drained-requests.js';
import { FaultFilter } from './http/fault.filter.js';
import { requestScope } from './http/request-scope.js';
import { DOCS_PATH, securityHeaders } from './http/security-headers.js';
import { ListenAdapter } from './websocket/listen-adapter.js';

export const SERVICE = 'gateway';
/** What grpc.health.v1 is asked about. */
const SERVICES = ['', 'parlance.voice.v1.Speech'];
/** For gRPC calls that were told to end, and clients that keep a connection for nothing, milliseconds. */
const CUT_MS = 1_000;

/** Opens the three doors: HTTP, WebSocket on the same port, gRPC. */
export async function startGateway(config: GatewayConfig): Promise<RunningProcess> {
  const telemetry = startTelemetry({
    service: SERVICE,
    ...(config.OTEL_EXPORTER_OTLP_ENDPOINT ? { otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT } : {}),
  });
  const logger = createLogger({ service: SERVICE, level: config.PARLANCE_LOG_LEVEL });
  const app = await NestFactory.create<NestExpressApplication>(GatewayModule.forRoot(config, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
    // After the drain; a connection that is idle or silent is no reason to wait.
    forceCloseConnections: true,
  });
  app.useWebSocketAdapter(new ListenAdapter(app, logger));
  const health = new HealthStatus();
  const running = new RunningGrpcServer();
  openHttp(app, config);
  app.connectMicroservice(
    grpcServerOptions({
      host: config.PARLANCE_GRPC_HOST,
      port: config.PARLANCE_GRPC_PORT,
      protocols: ['voice'],
      health,
      running,
    }),
  );
  await app.startAllMicroservices();
  await app.listen(config.PARLANCE_HTTP_PORT, config.PARLANCE_HTTP_HOST);
  for (const service of SERVICES) health.set(service, true);
  app.get<Logger>(LOGGER).info({ http: await app.getUrl() }, 'gateway is ready');
  return {
    drainMs: config.PARLANCE_DRAIN_MS,
    report: faultReporter(logger),
    close: async () => {
      for (const service of SERVICES) health.set(service, false);
      app.getHttpServer().closeIdleConnections();
      await app.get(OpenCalls).drain(config.PARLANCE_DRAIN_MS);
      health.close();
      await running.close(CUT_MS);
      await app.close();
      await telemetry.shutdown();
    },
  };
}

function openHttp(app: NestExpressApplication, config: GatewayConfig): void {
  app.disable('x-powered-by');
  app.use(securityHeaders);
  app.use(requestScope(app.get<Logger>(LOGGER)));
  app.enableCors({ exposedHeaders: ['x-request-id', 'x-trace-id', 'retry-after'] });
  app.use(drainedRequests(app.get(OpenCalls)));
  app.useBodyParser('json', { limit: '256kb' });
  app.useGlobalFilters(new FaultFilter(app.get<Logger>(LOGGER)));
  const server = app.getHttpServer();
  // Node stops listening to a socket that is to be upgraded, and a refused one may be reset before anybody else does.
  server.prependListener('upgrade', (_: unknown, socket: Duplex) => socket.on('error', () => undefined));
  server.headersTimeout = 10_000;
  // Uploads take as long as they take; a silent peer is cut off.
  server.requestTimeout = config.PARLANCE_TRANSCRIPTION_TIMEOUT_MS;
  server.timeout = 0;
  server.keepAliveTimeout = 65_000;
  server.maxHeadersCount = 100;
  const document = new DocumentBuilder()
    .setTitle('Parlance')
    .setDescription('Hears, measures, answers and speaks.')
    .setVersion('1')
    .addBearerAuth()
    .build();
  SwaggerModule.setup(DOCS_PATH, app, () => SwaggerModule.createDocument(app, document), {
    jsonDocumentUrl: `${DOCS_PATH}-json`,
  });
}
