import { HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { type Dispatcher, fetch, type Response } from 'undici';
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
  async send({ method, path, resource, query = {}, body, signal }: ApiRequest): Promise<Response> {
    const url = new URL(`${this.config.getCurrentCluster()?.server ?? ''}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const context = new RequestContext(url.href, method as HttpMethod);
    const count = (status: number) => requests().inc({ verb: method, resource, status: String(status) });
    let response: Response;
    try {
      await this.config.applySecurityAuthentication(context);
      response = await fetch(url, {
        method,
        headers: {
          ...context.getHeaders(),
          accept: 'application/json',
          'user-agent': this.userAgent,
          ...(body ? { 'content-type': body.type } : {}),
        },
        ...(body ? { body: JSON.stringify(body.content) } : {}),
        dispatcher: context.getDispatcher() as Dispatcher,
        signal,
      });
    } catch (error) {
      count(0);
      throw ClusterError.unreachable(`${method} ${path}`, error);
    }
    count(response.status);
    if (response.ok) return response;
    const text = await response.text().catch(() => '');
    throw ClusterError.from(`${method} ${path}`, response.status, text, response.headers.get('retry-after'));
  }
}
