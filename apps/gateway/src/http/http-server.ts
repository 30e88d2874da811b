import type { Duplex } from 'node:stream';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { OpenCalls } from '../drain/open-calls.service.js';
import type { GatewayConfig } from '../gateway.config.js';
import { drainedRequests } from './drained-requests.js';
import { FaultFilter } from './fault.filter.js';
import { requestScope } from './request-scope.js';
import { DOCS_PATH, securityHeaders } from './security-headers.js';

/** Sets the HTTP server up before it listens: what every request passes, the limits of connections, the documentation. */
export function configureHttp(app: NestExpressApplication, { uploadLimitMs }: GatewayConfig['http']): void {
  const logger = app.get<Logger>(LOGGER);
  app.disable('x-powered-by');
  app.use(securityHeaders);
  app.use(requestScope(logger));
  app.enableCors({ exposedHeaders: ['x-request-id', 'x-trace-id', 'retry-after'] });
  app.use(drainedRequests(app.get(OpenCalls)));
  app.useBodyParser('json', { limit: '256kb' });
  app.useGlobalFilters(new FaultFilter(logger));
  const server = app.getHttpServer();
  // Node stops listening to a socket that is to be upgraded, and a refused one may be reset before anybody else does.
  server.prependListener('upgrade', (_: unknown, socket: Duplex) => socket.on('error', () => undefined));
  server.headersTimeout = 10_000;
  // Uploads take as long as they take; a silent peer is cut off.
  server.requestTimeout = uploadLimitMs;
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
