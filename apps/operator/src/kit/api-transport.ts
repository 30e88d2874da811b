import { HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { type Dispatcher, request as send } from 'undici';
import { counter } from '@parlance/telemetry';
import { ClusterError } from './cluster-error.js';

const requests = () =>
  counter('parlance_operator_api_requests_total', 'Requests to the API server.', [
    'verb',
    'resource',
    'status',
  ]);

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** For the count of requests. */
  readonly resource: string;
  readonly query?: object;
  readonly body?: { readonly type: string; readonly content: unknown };
  readonly signal: AbortSignal;
}

/** Sends requests to the API server with the credentials of a kubeconfig or of a pod, and counts them. */
export class ApiTransport {
  constructor(
    private readonly config: KubeConfig,
    /** Names this process in the API server's audit log. */
    private readonly userAgent: string,
  ) {}

  /** @throws ClusterError for every answer that is no success */
  async send({
    method,
    path,
    resource,
    query = {},
    body,
    signal,
  }: ApiRequest): Promise<Dispatcher.ResponseData> {
    const url = new URL(`${this.config.getCurrentCluster()?.server ?? ''}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const context = new RequestContext(url.href, method as HttpMethod);
    const count = (status: number) => requests().inc({ verb: method, resource, status: String(status) });
    let response: Dispatcher.ResponseData;
    try {
      await this.config.applySecurityAuthentication(context);
      response = await send(url, {
        method,
        headers: {
          ...context.getHeaders(),
          accept: 'application/json',
          'user-agent': this.userAgent,
          ...(body ? { 'content-type': body.type } : {}),
        },
        ...(body ? { body: JSON.stringify(body.content) } : {}),
        dispatcher: context.getDispatcher() as Dispatcher,
        // A watch is silent for as long as nothing changes; its reader knows how long that may be.
        bodyTimeout: 0,
        signal,
      });
    } catch (error) {
      count(0);
      throw ClusterError.unreachable(`${method} ${path}`, error);
    }
    const { statusCode, headers } = response;
    count(statusCode);
    if (statusCode >= 200 && statusCode < 300) return response;
    const text = await response.body.text().catch(() => '');
    const retryAfter = headers['retry-after'];
    throw ClusterError.from(
      `${method} ${path}`,
      statusCode,
      text,
      retryAfter === undefined ? null : String(retryAfter),
    );
  }
}
