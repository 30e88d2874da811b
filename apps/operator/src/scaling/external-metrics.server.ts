import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '@parlance/telemetry';
import { counter } from '@parlance/telemetry';
import { LABELS } from '../api/group.js';
import { LOAD_METRIC } from '../plan/autoscaling.js';
import type { FrontProxy } from './front-proxy.js';

const requests = () => counter('parlance_operator_metrics_api_requests_total');

const ROOT = '/apis/external.metrics.k8s.io/v1beta1';
const RELOAD_MS = 60_000;

export interface ExternalMetricsOptions {
  readonly host: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
  /** Who may ask: the API server alone, which has checked the caller's rights. */
  readonly frontProxy: FrontProxy;
  /** @returns the load of a model; undefined where there is no such model or nothing is known of it */
  readonly loadOf: (namespace: string, model: string) => number | undefined;
  readonly logger: Logger;
}

/** The API external.metrics.k8s.io/v1beta1, behind the API server's aggregation layer. */
export class ExternalMetricsServer {
  private readonly server: Server;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ExternalMetricsOptions) {
    this.server = createServer(
      { ...this.secrets(), requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' },
      (request, response) => this.handle(request, response),
    );
  }

  async start(): Promise<void> {
    const { host, port, logger } = this.options;
    await new Promise<void>((resolve, reject) => {
      // Once it listens, of a connection that could not be accepted: others still are.
      this.server.on('error', (error) => {
        logger.warn({ err: error }, 'the API of external metrics has a fault');
        reject(error);
      });
      this.server.listen(port, host, () => resolve());
    });
    this.options.frontProxy.onChange(() => this.server.setSecureContext(this.secrets()));
    this.timer = setInterval(() => {
      try {
        this.server.setSecureContext(this.secrets());
      } catch (error) {
        logger.error({ err: error }, 'the certificate of the metrics API could not be read anew');
      }
    }, RELOAD_MS);
    this.timer.unref();
    logger.info({ host, port }, 'the API of external metrics is served');
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private secrets(): { readonly cert: Buffer; readonly key: Buffer; readonly ca: string } {
    const { cert, key, frontProxy } = this.options;
    return { cert: readFileSync(cert), key: readFileSync(key), ca: frontProxy.authority };
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { status, body } = this.answerSafely(request);
    requests().inc({ status: String(status) });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  /** Called from an emitter: an address that is none, which cannot be taken apart, must not throw. */
  private answerSafely(request: IncomingMessage): ReturnType<ExternalMetricsServer['answer']> {
    try {
      return this.answer(request);
    } catch {
      return failure(400, 'BadRequest', 'the address cannot be read');
    }
  }

  private answer(request: IncomingMessage): { readonly status: number; readonly body: object } {
    const socket = request.socket as TLSSocket;
    if (!socket.authorized || !this.options.frontProxy.isAllowed(socket.getPeerCertificate().subject?.CN))
      return failure(401, 'Unauthorized', 'only the API server may ask');
    const url = new URL(request.url ?? '/', 'https://localhost');
    if (request.method !== 'GET') return failure(405, 'MethodNotAllowed', 'metrics are read');
    if (url.pathname === ROOT) return { status: 200, body: RESOURCES };
    const [, namespace, metric] =
      new RegExp(`^${ROOT.replaceAll('.', '\\.')}/namespaces/([^/]+)/([^/]+)$`).exec(url.pathname) ?? [];
    if (namespace === undefined || metric !== LOAD_METRIC)
      return failure(404, 'NotFound', `there is ${LOAD_METRIC} alone`);
    const model = modelIn(url.searchParams.get('labelSelector') ?? '');
    if (model === undefined) return failure(400, 'BadRequest', `the selector must be ${LABELS.model}=NAME`);
    const load = this.options.loadOf(decodeURIComponent(namespace), model);
    const item = {
      metricName: LOAD_METRIC,
      metricLabels: { [LABELS.model]: model },
      timestamp: new Date().toISOString(),
      value: String(load),
    };
    return {
      status: 200,
      body: {
        kind: 'ExternalMetricValueList',
        apiVersion: 'external.metrics.k8s.io/v1beta1',
        metadata: {},
        // Without a value the autoscaler leaves everything as it is.
        items: load === undefined ? [] : [item],
      },
    };
  }
}

const RESOURCES = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'external.metrics.k8s.io/v1beta1',
  resources: [
    {
      name: LOAD_METRIC,
      singularName: '',
      namespaced: true,
      kind: 'ExternalMetricValueList',
      verbs: ['get'],
    },
  ],
};

function modelIn(selector: string): string | undefined {
  const [label, name, ...rest] = selector.split('=');
  return label === LABELS.model && name && rest.length === 0 ? name : undefined;
}

function failure(
  code: number,
  reason: string,
  message: string,
): { readonly status: number; readonly body: object } {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message },
  };
}
