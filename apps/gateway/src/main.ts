import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { runProcess, type RunningProcess } from '@parlance/config';
import { grpcServerOptions, HealthStatus, RunningGrpcServer, watchedCertificates } from '@parlance/rpc';
import {
  createLogger,
  faultReporter,
  NestLogger,
  OpsServer,
  Readiness,
  startTelemetry,
} from '@parlance/telemetry';
import { AppModule } from './app.module.js';
import { OpenCalls } from './drain/open-calls.service.js';
import { gatewaySchema, type GatewayConfig } from './gateway.config.js';
import { documentation } from './http/documentation.js';
import { configureHttp, serveTls } from './http/http-server.js';
import { serveStudio } from './studio/studio-page.js';
import { ListenAdapter } from './websocket/listen-adapter.js';
import { SOCKET_GATEWAYS } from './websocket/socket-apis.gateway.js';

const SERVICE = 'gateway';
/** Time for cut gRPC calls to end and for idle connections to close, milliseconds. */
const CUT_MS = 1_000;

await runProcess({ name: SERVICE, schema: gatewaySchema, start });

/** Listens on HTTP, WebSocket on the same port, and gRPC. */
async function start(config: GatewayConfig): Promise<RunningProcess> {
  const telemetry = startTelemetry({ service: SERVICE, ...config.telemetry });
  const logger = createLogger({
    service: SERVICE,
    level: config.telemetry.logLevel,
    otlpLogs: config.telemetry.otlpLogs,
  });
  const certificates = watchedCertificates(config.tls, config.tlsReloadMs, logger);
  const ops = await OpsServer.listen(config.ops, logger);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config, logger), {
    ...(certificates ? { httpsOptions: certificates.current } : {}),
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
    // After the drain; a connection that is idle or silent is no reason to wait.
    forceCloseConnections: true,
  });
  app.useWebSocketAdapter(new ListenAdapter(app, logger, SOCKET_GATEWAYS));
  configureHttp(app, config.http);
  serveStudio(app, config.studio, logger);
  if (certificates) serveTls(app, certificates);
  const health = new HealthStatus();
  const running = new RunningGrpcServer();
  const protocols = ['voice', 'conversation', 'signs', 'inference'] as const;
  app.connectMicroservice(grpcServerOptions({ ...config.grpc, protocols, health, running, certificates }));
  await app.startAllMicroservices();
  await app.listen(config.http.port, config.http.host);
  ops.started(app.get(Readiness), await documentation(app, config.http.publicUrl));
  health.setAll(true);
  logger.info({ http: await app.getUrl(), ops: ops.url }, 'gateway is ready');
  return {
    drainMs: config.drainMs,
    report: faultReporter(logger),
    close: async () => {
      health.setAll(false);
      app.getHttpServer().closeIdleConnections();
      await app.get(OpenCalls).drain(config.drainMs);
      health.close();
      await running.close(CUT_MS);
      await app.close();
      await ops.close();
      await telemetry.shutdown();
    },
  };
}
