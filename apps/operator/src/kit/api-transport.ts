import { type Dispatcher, request as send } from 'undici';
import { counter } from '@parlance/telemetry';
import type { ApiAccess, ApiConnections } from './api-access.js';
import { ClusterError } from './cluster-error.js';

const requests = () => counter('parlance_operator_api_requests_total');

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** For the count of requests. */
  readonly resource: string;
  readonly query?: object;
  readonly body?: { readonly type: string; readonly content: unknown };
  readonly signal: AbortSignal;
}

/** Credentials are read again after so long: those of a pod are renewed by its node, in good time before they expire. */
const CREDENTIALS_MS = 60_000;

/** Sends requests to the API server, and counts them. Connections are kept for as long as their credentials are: a TLS handshake
 *  costs both sides more than most requests. */
export class ApiTransport {
  private held: { readonly connections: Promise<ApiConnections>; readonly since: number } | undefined;

  constructor(
    private readonly access: ApiAccess,
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
    const url = new URL(`${this.access.server}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const count = (status: number) => requests().inc({ verb: method, resource, status: String(status) });
    let response: Dispatcher.ResponseData;
    try {
      const { headers, dispatcher } = await this.connections();
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

  /** Connections that are replaced are left alone: their requests end as they would, and idle ones close by themselves. */
  private connections(): Promise<ApiConnections> {
    if (this.held && this.now() - this.held.since < CREDENTIALS_MS) return this.held.connections;
    const held = { connections: this.access.connect(), since: this.now() };
    this.held = held;
    held.connections.catch(() => {
      if (this.held === held) this.held = undefined;
    });
    return held.connections;
  }
}
