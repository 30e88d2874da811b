import type { Readable } from 'node:stream';
import type { ApiAccess } from './api-access.js';
import { ApiTransport, type ApiRequest } from './api-transport.js';
import { ClusterError } from './cluster-error.js';
import { kindOf, located, pathOf, type Kind } from './kinds.data.js';
import type { KubeObject, ListOptions, ObjectList, KubeReference } from './kube-object.js';

/** Says whether this process may write now. */
export interface Fence {
  /** @returns what ends a write under way when it may no longer be made @throws Error when none may be made */
  signal(): AbortSignal;
}

export interface ClusterClientOptions {
  /** Names this process in the API server's audit log. */
  readonly userAgent: string;
  /** Asked before each write. Without it writes are always made. */
  readonly fence?: Fence;
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const JSON_TYPE = 'application/json';

/** Reads and writes objects of any kind. The library's typed clients drop the fields that they do not know and apply no
 *  subresources; here objects pass as they are. */
export class ClusterClient {
  private readonly transport: ApiTransport;
  private readonly timeoutMs: number;

  constructor(
    access: ApiAccess,
    private readonly options: ClusterClientOptions,
  ) {
    this.transport = new ApiTransport(access, options.userAgent);
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  get({ namespace, name, ...type }: KubeReference): Promise<KubeObject> {
    const kind = kindOf(type);
    return this.json({ method: 'GET', resource: kind.plural, path: pathOf(kind, namespace, name) });
  }

  list(kind: Kind, { namespace, ...query }: ListOptions = {}): Promise<ObjectList> {
    return this.json({ method: 'GET', resource: kind.plural, path: pathOf(kind, namespace), query });
  }

  /** Reads any path, for instance that of discovery. */
  read<T>(path: string): Promise<T> {
    return this.json({ method: 'GET', resource: 'discovery', path });
  }

  create(object: KubeObject): Promise<KubeObject> {
    const kind = kindOf(object);
    const where = { resource: kind.plural, path: pathOf(kind, object.metadata.namespace) };
    return this.json({ method: 'POST', ...where, body: { type: JSON_TYPE, content: object } });
  }

  replace(object: KubeObject): Promise<KubeObject> {
    return this.json({ method: 'PUT', ...located(object), body: { type: JSON_TYPE, content: object } });
  }

  /** Server-side apply: the fields that are named become the manager's, those that it named before and no longer does go. */
  apply(object: KubeObject, fieldManager: string, subresource?: 'status'): Promise<KubeObject> {
    return this.json({
      method: 'PATCH',
      ...located(object, subresource),
      query: { fieldManager, force: true },
      body: { type: 'application/apply-patch+yaml', content: object },
    });
  }

  /** JSON merge patch of an object or of its scale. */
  merge(
    { namespace, name, ...type }: KubeReference,
    patch: object,
    fieldManager: string,
    subresource?: 'scale',
  ): Promise<KubeObject> {
    return this.json({
      method: 'PATCH',
      ...located({ ...type, metadata: { namespace, name } }, subresource),
      query: { fieldManager },
      body: { type: 'application/merge-patch+json', content: patch },
    });
  }

  /** @param uid  the object is deleted only while it is still this one */
  async delete({ namespace, name, ...type }: KubeReference, uid?: string): Promise<void> {
    const content = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    };
    const where = located({ ...type, metadata: { namespace, name } });
    await this.json({ method: 'DELETE', ...where, body: { type: JSON_TYPE, content } });
  }

  /** Opens a watch; the caller reads its lines. */
  async watch(
    kind: Kind,
    namespace: string | undefined,
    query: object,
    signal: AbortSignal,
  ): Promise<Readable> {
    const path = pathOf(kind, namespace);
    const request = {
      method: 'GET',
      path,
      resource: kind.plural,
      query: { watch: true, ...query },
      signal,
    } as const;
    return (await this.transport.send(request)).body;
  }

  private async json<T>(request: Omit<ApiRequest, 'signal'>): Promise<T> {
    const isWrite = request.method !== 'GET';
    const fence = isWrite ? this.options.fence?.signal() : undefined;
    const { signal, release } = limited(this.timeoutMs, fence);
    // A write that the server itself ends in time cannot be made later, by a leader that is none any more.
    const timeout = isWrite ? { timeout: `${Math.ceil(this.timeoutMs / 1000)}s` } : {};
    try {
      const { body } = await this.transport.send({
        ...request,
        query: { ...request.query, ...timeout },
        signal,
      });
      return (await body.json()) as T;
    } catch (error) {
      throw error instanceof ClusterError
        ? error
        : ClusterError.unreachable(`${request.method} ${request.path}`, error);
    } finally {
      release();
    }
  }
}

/** @param outer  what ends the work too; it lives longer, so that nothing of the work may stay with it
 *  @returns a signal for one piece of work, and what lets go of it when the work is over */
function limited(
  limitMs: number,
  outer: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const end = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${limitMs} ms`)), limitMs);
  outer?.addEventListener('abort', end, { once: true });
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', end);
    },
  };
}
