import type { ClusterClient } from '../../apps/operator/src/kit/cluster.client.js';
import { ClusterError } from '../../apps/operator/src/kit/cluster-error.js';
import type { KubeObject } from '../../apps/operator/src/kit/kube-object.js';

/** What the API server answers in place of a result. */
export const refusal = (status: number) => new ClusterError(status, 'Refused', 'refused', undefined, []);

/** A cluster that notes what is asked of it. `objects` are what lies there. */
export class NotedCluster {
  readonly calls: string[] = [];
  readonly applied: KubeObject[] = [];
  readonly refusals = new Map<string, Error>();

  constructor(private readonly objects: readonly KubeObject[] = []) {}

  /** For what is tested. */
  get client(): ClusterClient {
    return this as unknown as ClusterClient;
  }

  async get({ kind, name }: { kind: string; name: string }): Promise<KubeObject> {
    this.note(`get ${kind}/${name}`);
    const object = this.objects.find((each) => each.kind === kind && each.metadata.name === name);
    if (!object) throw refusal(404);
    return object;
  }

  async apply(object: KubeObject, _manager: string, part = 'object'): Promise<KubeObject> {
    this.note(`apply ${part} ${object.kind}/${object.metadata.name}`);
    this.applied.push(object);
    return { ...object, metadata: { ...object.metadata, resourceVersion: '9' } };
  }

  async merge(
    { kind, name }: { kind: string; name: string },
    change: object,
    _manager: string,
    part = 'object',
  ): Promise<void> {
    this.note(`merge ${part} ${kind}/${name} ${JSON.stringify(change)}`);
  }

  async delete({ kind, name }: { kind: string; name: string }, uid?: string): Promise<void> {
    this.note(`delete ${kind}/${name} ${uid}`);
  }

  async create(object: KubeObject): Promise<void> {
    this.note(`event ${object.reason as string}`);
  }

  private note(call: string): void {
    this.calls.push(call);
    const fault = this.refusals.get(call.split(' ')[0]!);
    if (fault) throw fault;
  }
}
