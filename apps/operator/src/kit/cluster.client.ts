import { HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { type Dispatcher, fetch, type Response } from 'undici';
import { counter } from '@parlance/telemetry';
import { ClusterError } from './cluster-error.js';
import { kindOf, pathOf, type Kind } from './kinds.data.js';
import type { KubeObject, ObjectReference } from './kube-object.js';

const requests = () =>
  counter('parlance_operator_api_requests_total', 'Requests to the API server.', [
    'verb',
    'resource',
    'status',
  ]);

/** Says whether this process may write now. */
export interface Fence {
  /** @returns what ends a write that is under way when it may no longer be made
   *  @throws Error when no write may be made */
  signal(): AbortSignal;
}

export interface ClusterClientOptions {
  /** Names this process in the API server's audit log. */
  readonly userAgent: string;
  /** Asked before each write. Without it writes are always made. */
  readonly fence?: Fence;
  readonly timeoutMs?: number;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly limit?: number;
  readonly continue?: string | undefined;
}

export interface ObjectList {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly KubeObject[];
}

interface Body {
  readonly type: string;
  readonly content: unknown;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Calls the API server with the credentials of a kubeconfig or of a pod. The library's typed clients drop the fields that they
 *  do not know and apply no subresources; here objects pass as they are. */
export class ClusterClient {
  private readonly timeoutMs: number;

  constructor(
    private readonly config: KubeConfig,
    private readonly options: ClusterClientOptions,
  ) {
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  get({ namespace, name, ...type }: ObjectReference): Promise<KubeObject> {
    return this.json<KubeObject>('GET', kindOf(type), pathOf(kindOf(type), namespace, name));
  }

  list(kind: Kind, { namespace, ...query }: ListOptions = {}): Promise<ObjectList> {
    return this.json<ObjectList>('GET', kind, pathOf(kind, namespace), { ...query });
  }

  /** Reads any path, for instance that of discovery. */
  read<T>(path: string): Promise<T> {
    return this.json<T>('GET', undefined, path);
  }

  create(object: KubeObject): Promise<KubeObject> {
    const kind = kindOf(object);
    const path = pathOf(kind, object.metadata.namespace);
    return this.json('POST', kind, path, {}, { type: 'application/json', content: object });
  }

  replace(object: KubeObject): Promise<KubeObject> {
    const kind = kindOf(object);
    const path = pathOf(kind, object.metadata.namespace, object.metadata.name);
    return this.json('PUT', kind, path, {}, { type: 'application/json', content: object });
  }

  /** Server-side apply: the fields that are named become the manager's, those that it named before and no longer does go. */
  apply(object: KubeObject, fieldManager: string, subresource?: 'status'): Promise<KubeObject> {
    const kind = kindOf(object);
    const path = pathOf(kind, object.metadata.namespace, object.metadata.name);
    return this.json(
      'PATCH',
      kind,
      subresource === undefined ? path : `${path}/${subresource}`,
      { fieldManager, force: true },
      { type: 'application/apply-patch+yaml', content: object },
    );
  }

  /** JSON merge patch of an object or of its scale. */
  merge(
    { namespace, name, ...type }: ObjectReference,
    patch: object,
    fieldManager: string,
    subresource?: 'scale',
  ): Promise<KubeObject> {
    const kind = kindOf(type);
    const path = pathOf(kind, namespace, name);
    return this.json(
      'PATCH',
      kind,
      subresource === undefined ? path : `${path}/${subresource}`,
      { fieldManager },
      { type: 'application/merge-patch+json', content: patch },
    );
  }

  /** @param uid  the object is deleted only while it is still this one */
  async delete({ namespace, name, ...type }: ObjectReference, uid?: string): Promise<void> {
    const kind = kindOf(type);
    const content = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    };
    await this.json('DELETE', kind, pathOf(kind, namespace, name), {}, { type: 'application/json', content });
  }

  /** Opens a watch; the caller reads its lines. */
  watch(kind: Kind, namespace: string | undefined, query: object, signal: AbortSignal): Promise<Response> {
    return this.send('GET', kind, pathOf(kind, namespace), { watch: true, ...query }, undefined, signal);
  }

  private async json<T>(
    method: string,
    kind: Kind | undefined,
    path: string,
    query: object = {},
    body?: Body,
  ): Promise<T> {
    const limit = AbortSignal.timeout(this.timeoutMs);
    const fence = method === 'GET' ? undefined : this.options.fence?.signal();
    // A write that the server itself ends in time cannot be made later, by a leader that is none any more.
    const bounded = method === 'GET' ? query : { ...query, timeout: `${Math.ceil(this.timeoutMs / 1000)}s` };
    const signal = fence ? AbortSignal.any([limit, fence]) : limit;
    const response = await this.send(method, kind, path, bounded, body, signal);
    try {
      return (await response.json()) as T;
    } catch (error) {
      throw ClusterError.unreachable(`${method} ${path}`, error);
    }
  }

  /** @throws ClusterError */
  private async send(
    method: string,
    kind: Kind | undefined,
    path: string,
    query: object,
    body: Body | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    const url = new URL(`${this.config.getCurrentCluster()?.server ?? ''}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const context = new RequestContext(url.href, method as HttpMethod);
    const count = (status: number) =>
      requests().inc({ verb: method, resource: kind?.plural ?? 'discovery', status: String(status) });
    let response: Response;
    try {
      await this.config.applySecurityAuthentication(context);
      response = await fetch(url, {
        method,
        headers: {
          ...context.getHeaders(),
          accept: 'application/json',
          'user-agent': this.options.userAgent,
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
