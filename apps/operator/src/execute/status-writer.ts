import { FIELD_MANAGER } from '../api/group.js';
import type { ClusterClient } from '../kit/cluster.client.js';
import { conditionsIn, type Condition } from '../kit/conditions.js';
import type { EventRecorder } from '../kit/event-recorder.js';
import type { KubeObject } from '../kit/kube-object.js';
import { digestOf } from '../kit/server-side-apply.js';

interface Written {
  readonly version: bigint;
  readonly status: object;
}

/** Conditions whose changes are told as events. */
const TOLD = ['Ready', 'Stalled', 'ModelCached'];

/** Writes the status of objects, when it has changed, and remembers it until the informer has it too: the next step of a rollout
 *  must not be decided by a status that is older than the last step. */
export class StatusWriter {
  private readonly written = new Map<string, Written>();

  constructor(
    private readonly client: ClusterClient,
    private readonly events: EventRecorder,
  ) {}

  /** @returns the object with the status that was written last, where the informer does not have it yet */
  latest(object: KubeObject): KubeObject {
    const { uid = '', resourceVersion = '0' } = object.metadata;
    const written = this.written.get(uid);
    if (!written) return object;
    if (BigInt(resourceVersion) < written.version) return { ...object, status: written.status };
    this.written.delete(uid);
    return object;
  }

  forget(uid: string | undefined): void {
    this.written.delete(uid ?? '');
  }

  /** @param object  as `latest` returned it */
  async write(object: KubeObject, status: object): Promise<void> {
    if (digestOf(object.status ?? {}) === digestOf(status)) return;
    const { uid, name, namespace } = object.metadata;
    const { apiVersion, kind } = object;
    const answer = await this.client.apply(
      { apiVersion, kind, metadata: { name, namespace, uid }, status },
      FIELD_MANAGER,
      'status',
    );
    const { resourceVersion } = answer.metadata;
    if (uid !== undefined && resourceVersion !== undefined)
      this.written.set(uid, {
        version: BigInt(resourceVersion),
        status: (answer.status ?? status) as object,
      });
    await this.tell(object, conditionsIn(object.status), conditionsIn(status));
  }

  private async tell(
    object: KubeObject,
    before: readonly Condition[],
    after: readonly Condition[],
  ): Promise<void> {
    for (const { type, status, reason, message } of after) {
      const old = before.find((each) => each.type === type);
      if (!TOLD.includes(type) || (old?.status === status && old.reason === reason)) continue;
      // A new object is not stalled, which is no news.
      if (type === 'Stalled' && status === 'False' && !old) continue;
      const isBad = type === 'Stalled' ? status === 'True' : status === 'False' && old?.status === 'True';
      await this.events.record(object, {
        type: isBad ? 'Warning' : 'Normal',
        reason,
        message: `${type}: ${message}`,
      });
    }
  }
}
