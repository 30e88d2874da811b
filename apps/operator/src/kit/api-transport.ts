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

/** Connections to the API server, with what each request must carry. */
interface Pool {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** Credentials are read again after so long: those of a pod are renewed by its node, in good time before they expire. */
const CREDENTIALS_MS = 60_000;

/** Sends requests to the API server with the credentials of a kubeconfig or of a pod, and counts them. The library makes a pool of
 *  connections for each request, with a TLS handshake in each: here one pool is kept for as long as its credentials are. */
export class ApiTransport {
  private held: { readonly pool: Promise<Pool>; readonly since: number } | undefined;

  constructor(
    private readonly config: KubeConfig,
    /** Names this process in the API server's audit log. */
    private readonly userAgent: string,
    private readonly now: () => number = Date.now,
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
    const count = (status: number) => requests().inc({ verb: method, resource, status: String(status) });
    let response: Dispatcher.ResponseData;
    try {
      const { headers, dispatcher } = await this.pool(url);
      response = await send(url, {
        method,
        headers: {
          ...headers,
          accept: 'application/json',
          'user-agent': this.userAgent,
          ...(body ? { 'content-type': body.type } : {}),
        },
        ...(body ? { body: JSON.stringify(body.content) } : {}),
        dispatcher,
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
    // The next request comes with what is valid then.
    if (statusCode === 401) this.held = undefined;
    const text = await response.body.text().catch(() => '');
    const retryAfter = headers['retry-after'];
    throw ClusterError.from(
      `${method} ${path}`,
      statusCode,
      text,
      retryAfter === undefined ? null : String(retryAfter),
    );
  }

  /** A pool that is replaced is left alone: its requests end as they would, and idle connections close by themselves. */
  private pool(url: URL): Promise<Pool> {
    if (this.held && this.now() - this.held.since < CREDENTIALS_MS) return this.held.pool;
    const held = { pool: this.connect(url), since: this.now() };
    this.held = held;
    held.pool.catch(() => {
      if (this.held === held) this.held = undefined;
    });
    return held.pool;
  }

  private async connect(url: URL): Promise<Pool> {
    const context = new RequestContext(url.href, HttpMethod.GET);
    await this.config.applySecurityAuthentication(context);
    return { headers: context.getHeaders(), dispatcher: context.getDispatcher() as Dispatcher };
  }
}
