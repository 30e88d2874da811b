import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Application, Request } from 'express';
import type { Certificates } from '@parlance/config';
import { LEAST_TLS, type CertificateFiles } from '@parlance/rpc';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { ActivityReports } from '../analytics/activity-reports.service.js';
import { OpenCalls } from '../drain/open-calls.service.js';
import type { GatewayConfig } from '../gateway.config.js';
import { drainedRequests } from './drained-requests.js';
import { FaultFilter } from './fault.filter.js';
import { isInferencePath } from './models/infer.schema.js';
import { requestScope } from './request-scope.js';
import { securityHeaders } from './security-headers.js';
import { answerUnknownMethods } from './unknown-methods.js';
import { refuseUrlEncoded } from './url-encoded.js';

/** Sets the HTTP server up before it listens: what every request passes, the limits of connections. */
export function configureHttp(app: NestExpressApplication, config: GatewayConfig['http']): void {
  const { uploadLimitMs, trustedProxies } = config;
  const logger = app.get<Logger>(LOGGER);
  app.disable('x-powered-by');
  // Answers are for their tenants and not stored; Express would hash each of them.
  app.disable('etag');
  app.set('trust proxy', trustedProxies.length > 0 ? trustedProxies : false);
  app.use(securityHeaders);
  app.use(requestScope(logger));
  app.enableCors({
    exposedHeaders: [
      'x-request-id',
      'x-trace-id',
      'retry-after',
      'x-degraded',
      'dg-error',
      'dg-request-id',
      'dg-model-name',
      'dg-model-uuid',
      'dg-char-count',
      'ratelimit',
      'ratelimit-policy',
      'inference-header-content-length',
    ],
  });
  app.use(drainedRequests(app.get(OpenCalls)));
  app.use(refuseUrlEncoded);
  app.useBodyParser('json', { limit: '256kb', type: isParsedJson });
  const activity = app.get(ActivityReports);
  const note = activity.failed.bind(activity);
  app.useGlobalFilters(new FaultFilter(logger, note));
  const server = app.getHttpServer();
  // Node stops listening to a socket that is to be upgraded, and a refused one may be reset before anybody else does.
  server.prependListener('upgrade', (_: unknown, socket: Duplex) => socket.on('error', () => undefined));
  answerUnknownMethods(server, app.getHttpAdapter().getInstance() as Application);
  server.headersTimeout = 10_000;
  // Uploads take as long as they take; a silent peer is cut off.
  server.requestTimeout = uploadLimitMs;
  server.timeout = 0;
  server.keepAliveTimeout = 65_000;
  server.maxHeadersCount = 100;
}

/** The Open Inference Protocol's bodies are read behind their guards: they may be large, and have tensors behind the JSON. */
function isParsedJson(request: IncomingMessage): boolean {
  const { path, headers } = request as Request;
  return !isInferencePath(path) && /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/** Has the HTTP server, which was made with certificates, insist on a TLS that is safe, and take changed certificates for new connections;
 *  those that are open keep the one they began with. */
export function serveTls(app: NestExpressApplication, certificates: CertificateFiles): void {
  const server = app.getHttpServer() as unknown as Server;
  const use = ({ cert, key }: Certificates): void =>
    server.setSecureContext({ cert, key, minVersion: LEAST_TLS });
  use(certificates.current);
  certificates.onChange(use);
}
