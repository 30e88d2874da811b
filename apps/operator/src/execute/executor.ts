import { FIELD_MANAGER } from '../api/group.js';
import type { ClusterClient } from '../kit/cluster.client.js';
import { ClusterError } from '../kit/cluster-error.js';
import type { EventRecorder } from '../kit/event-recorder.js';
import { KINDS } from '../kit/kinds.data.js';
import { isControlledBy, referenceTo, type KubeObject } from '../kit/kube-object.js';
import { applyObject, isApplied } from '../kit/server-side-apply.js';
import type { Plan } from '../plan/plan.js';
import type { StatusWriter } from './status-writer.js';

/** What lies under the names that a plan needs and that the informers do not hold. */
export interface Found {
  /** The owner's own, made so lately, or relabelled by hand. */
  readonly own: readonly KubeObject[];
  readonly foreign: readonly KubeObject[];
}

/** Does what plans say, in an order that can be broken off anywhere and begun again. */
export class Executor {
  constructor(
    private readonly client: ClusterClient,
    private readonly statuses: StatusWriter,
    private readonly events: EventRecorder,
  ) {}

  /** Reads the objects that are to be made, as something else may have their names. */
  async find(
    owner: KubeObject,
    wanted: readonly KubeObject[],
    children: readonly KubeObject[],
  ): Promise<Found> {
    const missing = wanted.filter((object) => !sameIn(children, object));
    const found = (await Promise.all(missing.map((object) => this.read(object)))).filter(
      (live) => live !== undefined,
    );
    const isOwn = (live: KubeObject): boolean => isControlledBy(live, owner);
    return { own: found.filter(isOwn), foreign: found.filter((live) => !isOwn(live)) };
  }

  /** @param children  what the owner has */
  async execute<Status extends object>(
    owner: KubeObject,
    plan: Plan<Status>,
    children: readonly KubeObject[],
  ): Promise<void> {
    for (const wanted of plan.apply) {
      const live = sameIn(children, wanted);
      if (!live || !isApplied(wanted, live)) await applyObject(this.client, wanted, live);
    }
    // Before anything is removed: a rollout that is broken off here goes on from what status says.
    await this.statuses.write(owner, plan.status);
    for (const object of plan.remove) await this.remove(object);
    for (const { workload, replicas } of plan.scale)
      await this.client.merge(workload, { spec: { replicas } }, FIELD_MANAGER, 'scale');
    for (const { name, uid, labels, annotations } of plan.pods)
      await this.patchPod(owner, name, { uid, labels, annotations });
    for (const event of plan.events) await this.events.record(owner, event);
  }

  private async read(object: KubeObject): Promise<KubeObject | undefined> {
    try {
      return await this.client.get(referenceTo(object));
    } catch (error) {
      if (error instanceof ClusterError && error.isNotFound) return undefined;
      throw error;
    }
  }

  private async remove(object: KubeObject): Promise<void> {
    try {
      await this.client.delete(referenceTo(object), object.metadata.uid);
    } catch (error) {
      if (!(error instanceof ClusterError && (error.isNotFound || error.isConflict))) throw error;
    }
  }

  private async patchPod(owner: KubeObject, name: string, metadata: object): Promise<void> {
    const { apiVersion, kind } = KINDS.pod;
    const pod = { apiVersion, kind, namespace: owner.metadata.namespace, name };
    try {
      await this.client.merge(pod, { metadata }, FIELD_MANAGER);
    } catch (error) {
      // It has gone, or another has its name.
      if (!(error instanceof ClusterError && (error.isNotFound || error.isConflict))) throw error;
    }
  }
}

function sameIn(objects: readonly KubeObject[], wanted: KubeObject): KubeObject | undefined {
  return objects.find(({ kind, metadata }) => kind === wanted.kind && metadata.name === wanted.metadata.name);
}
