import type { Logger } from '@parlance/telemetry';
import { ClusterClient, type Fence } from './cluster.client.js';
import { ClusterError } from './cluster-error.js';
import { KINDS } from './kinds.data.js';
import type { KubeObject, ObjectReference } from './kube-object.js';

/** A write that this process may not make, since it does not lead. */
export class NotLeadingError extends Error {
  override readonly name = 'NotLeadingError';
}

export interface ElectionTimes {
  /** A lease that was not renewed for so long is free. */
  readonly leaseMs: number;
  /** The leader writes nothing when its last renewal began longer ago; well below `leaseMs`. */
  readonly renewWithinMs: number;
  readonly retryMs: number;
}

export interface ElectionOptions extends ElectionTimes {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly onElected: () => void | Promise<void>;
  readonly onLost: () => void | Promise<void>;
  readonly logger: Logger;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly renewTime?: string;
  readonly acquireTime?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
}

/** Leader election by a Lease. Times are this process' monotonic clock, so that clocks of other machines do not count: a lease is
 *  free when it was seen not to change for its whole length. As the leader stops writing well before that, no two lead at once,
 *  even if one was suspended: each write asks the fence first, and is ended by it. */
export class LeaderElection implements Fence {
  private readonly reference: ObjectReference;
  private timer: NodeJS.Timeout | undefined;
  private seen: { readonly version: string; readonly at: number } | undefined;
  private validUntil = 0;
  private term: AbortController | undefined;
  private expiry: NodeJS.Timeout | undefined;
  private isStopped = false;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: ClusterClient,
    private readonly options: ElectionOptions,
  ) {
    const { apiVersion, kind } = KINDS.lease;
    this.reference = { apiVersion, kind, namespace: options.namespace, name: options.name };
  }

  get isLeading(): boolean {
    return this.term !== undefined && performance.now() < this.validUntil;
  }

  signal(): AbortSignal {
    if (!this.term || performance.now() >= this.validUntil)
      throw new NotLeadingError('this replica does not lead');
    return this.term.signal;
  }

  start(): void {
    this.work = this.round();
  }

  /** Ends the work of a leader and hands the lease on at once. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.work;
    if (!this.term) return;
    // What is under way may end; only then may another begin.
    await this.options.onLost();
    await this.lose('it stops');
    await this.release();
  }

  private async round(): Promise<void> {
    const begun = performance.now();
    try {
      if (await this.hold()) await this.extend(begun);
      else await this.lose('another replica holds the lease');
    } catch (error) {
      this.options.logger.warn({ err: error }, 'the lease could not be read or renewed');
    }
    if (this.term && !this.isLeading) await this.lose('the lease could not be renewed in time');
    if (this.isStopped) return;
    this.timer = setTimeout(() => (this.work = this.round()), this.options.retryMs);
  }

  /** @returns whether the lease is this process' own now */
  private async hold(): Promise<boolean> {
    const lease = await this.client.get(this.reference).catch((error: unknown) => {
      if (error instanceof ClusterError && error.isNotFound) return undefined;
      throw error;
    });
    const spec = (lease?.spec ?? {}) as LeaseSpec;
    const version = `${lease?.metadata.uid} ${spec.holderIdentity} ${spec.renewTime}`;
    if (this.seen?.version !== version) this.seen = { version, at: performance.now() };
    const isOwn = spec.holderIdentity === this.options.identity;
    const isFree = !spec.holderIdentity || performance.now() - this.seen.at > this.options.leaseMs;
    // A lease in its own name from an earlier life is waited for as any other: what it began may still be under way.
    if (lease && !isFree && !(isOwn && this.term)) return false;
    try {
      const written = await this.write(lease, this.options.identity, isOwn ? undefined : spec);
      const { renewTime } = written.spec as LeaseSpec;
      this.seen = {
        version: `${written.metadata.uid} ${this.options.identity} ${renewTime}`,
        at: performance.now(),
      };
      return true;
    } catch (error) {
      if (error instanceof ClusterError && error.isConflict) return false;
      throw error;
    }
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

  /** @param since  when the renewal began: the server may have counted from then on */
  private async extend(since: number): Promise<void> {
    this.validUntil = since + this.options.renewWithinMs;
    clearTimeout(this.expiry);
    this.expiry = setTimeout(
      () => void this.lose('the lease could not be renewed in time'),
      Math.max(0, this.validUntil - performance.now()),
    );
    if (this.term || this.isStopped) return;
    this.term = new AbortController();
    this.options.logger.info({ identity: this.options.identity }, 'this replica leads');
    await this.options.onElected();
  }

  private async lose(reason: string): Promise<void> {
    clearTimeout(this.expiry);
    const { term } = this;
    if (!term) return;
    this.term = undefined;
    this.validUntil = 0;
    term.abort(new NotLeadingError('this replica no longer leads'));
    this.options.logger.info({ identity: this.options.identity, reason }, 'this replica leads no more');
    await this.options.onLost();
  }

  private async release(): Promise<void> {
    try {
      const lease = await this.client.get(this.reference);
      if ((lease.spec as LeaseSpec).holderIdentity === this.options.identity)
        await this.write(lease, '', undefined);
    } catch (error) {
      this.options.logger.warn({ err: error }, 'the lease could not be handed on; it runs out by itself');
    }
  }
}
