import type { ClusterClient } from './cluster.client.js';
import { ClusterError } from './cluster-error.js';
import { KINDS } from './kinds.data.js';
import type { KubeObject, KubeReference } from './kube-object.js';

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly renewTime?: string;
  readonly acquireTime?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
}

export interface LeaseRecordOptions {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  /** A lease that was not renewed for so long is free. */
  readonly leaseMs: number;
}

/** A Lease object, as one of several processes that want it sees it. */
export class LeaseRecord {
  private readonly reference: KubeReference;
  private seen: { readonly version: string; readonly at: number } | undefined;

  constructor(
    private readonly client: ClusterClient,
    private readonly options: LeaseRecordOptions,
  ) {
    const { apiVersion, kind } = KINDS.lease;
    this.reference = { apiVersion, kind, namespace: options.namespace, name: options.name };
  }

  /** Renews the lease, or acquires it where it is free.
   *  @param isHeld  whether this process has it already: one in its own name from an earlier life is waited for as any
   *  other, as what that began may still be under way
   *  @returns whether it is this process' own now */
  async hold(isHeld: boolean): Promise<boolean> {
    const lease = await this.client.get(this.reference).catch((error: unknown) => {
      if (error instanceof ClusterError && error.isNotFound) return undefined;
      throw error;
    });
    const spec = (lease?.spec ?? {}) as LeaseSpec;
    this.see(lease?.metadata.uid, spec);
    const isOwn = spec.holderIdentity === this.options.identity;
    const isFree = !spec.holderIdentity || performance.now() - (this.seen?.at ?? 0) > this.options.leaseMs;
    if (lease && !isFree && !(isOwn && isHeld)) return false;
    try {
      const written = await this.write(lease, this.options.identity, isOwn ? undefined : spec);
      this.see(written.metadata.uid, written.spec as LeaseSpec);
      return true;
    } catch (error) {
      if (error instanceof ClusterError && error.isConflict) return false;
      throw error;
    }
  }

  /** Makes the lease free, if it is this process' own. */
  async release(): Promise<void> {
    const lease = await this.client.get(this.reference);
    if ((lease.spec as LeaseSpec).holderIdentity === this.options.identity)
      await this.write(lease, '', undefined);
  }

  /** Notes since when the lease has been as it is, by this process' own clock. */
  private see(uid: string | undefined, { holderIdentity, renewTime }: LeaseSpec): void {
    const version = `${uid} ${holderIdentity} ${renewTime}`;
    if (this.seen?.version !== version) this.seen = { version, at: performance.now() };
  }

  private write(
    lease: KubeObject | undefined,
    holder: string,
    from: LeaseSpec | undefined,
  ): Promise<KubeObject> {
    const now = new Date().toISOString().replace('Z', '000Z');
    const { apiVersion, kind, namespace, name } = this.reference;
    const spec: LeaseSpec = {
      ...(lease?.spec as LeaseSpec | undefined),
      holderIdentity: holder,
      leaseDurationSeconds: Math.ceil(this.options.leaseMs / 1000),
      renewTime: now,
      ...(from ? { acquireTime: now, leaseTransitions: (from.leaseTransitions ?? 0) + 1 } : {}),
    };
    // With the version that was read, so that of two who find it free one wins.
    if (lease) return this.client.replace({ ...lease, spec });
    return this.client.create({ apiVersion, kind, metadata: { namespace, name }, spec });
  }
}
