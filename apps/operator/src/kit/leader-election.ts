import type { Logger } from '@parlance/telemetry';
import type { ClusterClient, Fence } from './cluster.client.js';
import { LeaseRecord } from './lease-record.js';

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

/** Leader election by a Lease. Times are this process' monotonic clock, so that clocks of other machines do not count: a lease is
 *  free when it was seen not to change for its whole length. As the leader stops writing well before that, no two lead at once,
 *  even if one was suspended: each write asks the fence first, and is ended by it. */
export class LeaderElection implements Fence {
  private readonly lease: LeaseRecord;
  private timer: NodeJS.Timeout | undefined;
  private validUntil = 0;
  private term: AbortController | undefined;
  private expiry: NodeJS.Timeout | undefined;
  private isStopped = false;
  private work: Promise<void> = Promise.resolve();

  constructor(
    client: ClusterClient,
    private readonly options: ElectionOptions,
  ) {
    this.lease = new LeaseRecord(client, options);
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
    await this.lease
      .release()
      .catch((error: unknown) =>
        this.options.logger.warn({ err: error }, 'the lease could not be handed on; it runs out by itself'),
      );
  }

  private async round(): Promise<void> {
    const begun = performance.now();
    try {
      if (await this.lease.hold(this.term !== undefined)) await this.extend(begun);
      else await this.lose('another replica holds the lease');
    } catch (error) {
      this.options.logger.warn({ err: error }, 'the lease could not be read or renewed');
    }
    if (this.term && !this.isLeading) await this.lose('the lease could not be renewed in time');
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.work = this.round();
    }, this.options.retryMs);
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
}
