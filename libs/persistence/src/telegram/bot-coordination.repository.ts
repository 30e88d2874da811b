import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import { isDuplicate, StoreConnection } from '../store-connection.js';

interface LeaseDocument {
  readonly _id: string;
  readonly holder: string;
  readonly until: Date;
}

interface CountDocument {
  readonly _id: string;
  readonly owner: string;
  readonly count: number;
  readonly expiresAt: Date;
}

const leaseSchema = new Schema<LeaseDocument>(
  {
    _id: { type: String, required: true },
    holder: { type: String, required: true },
    until: { type: Date, required: true },
  },
  { collection: 'telegram_leases', versionKey: false, strict: 'throw' },
);

const countSchema = new Schema<CountDocument>(
  {
    _id: { type: String, required: true },
    owner: { type: String, required: true },
    count: { type: Number, required: true },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'telegram_counts', versionKey: false, strict: 'throw' },
);
countSchema.index({ owner: 1 });
countSchema.index({ expiresAt: 1 });

/** What the replicas of a bot agree on: who polls, and how much each user has asked for. */
@Injectable()
export class BotCoordinationRepository implements OnModuleInit {
  private readonly leases: Model<LeaseDocument>;
  private readonly counts: Model<CountDocument>;

  constructor(private readonly store: StoreConnection) {
    this.leases = store.raw.model<LeaseDocument>('TelegramLease', leaseSchema);
    this.counts = store.raw.model<CountDocument>('TelegramCount', countSchema);
  }

  /** Makes the collections and their indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.leases);
    await this.store.prepare(this.counts);
  }

  /** Gets a lease that is free, over or one's own already, and keeps it until then.
   *  @returns false while another holds it */
  async hold(name: string, holder: string, until: Date, now = new Date()): Promise<boolean> {
    const held = await this.store.run(() =>
      this.leases.updateOne(
        { _id: name, $or: [{ holder }, { until: { $lte: now } }] },
        { $set: { holder, until } },
      ),
    );
    if (held.matchedCount === 1) return true;
    try {
      await this.store.run(() => this.leases.create({ _id: name, holder, until }));
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  /** Ends one's own lease, so that another need not wait for its end. */
  async release(name: string, holder: string): Promise<void> {
    await this.store.run(() => this.leases.deleteOne({ _id: name, holder }));
  }

  /** Counts something that a user does within a window of time.
   *  @returns how often by now, this time included */
  async count(owner: string, what: string, windowMs: number, now = Date.now()): Promise<number> {
    const window = Math.floor(now / windowMs);
    const id = `${owner}:${what}:${window}`;
    try {
      const expiresAt = new Date((window + 1) * windowMs);
      await this.store.run(() => this.counts.create({ _id: id, owner, count: 1, expiresAt }));
      return 1;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    const before = await this.store.run(() =>
      this.counts
        .findOneAndUpdate({ _id: id }, { $inc: { count: 1 } }, { returnDocument: 'before' })
        .lean<CountDocument>(),
    );
    return (before?.count ?? 0) + 1;
  }

  async deleteExpired(now = new Date()): Promise<void> {
    await this.store.run(() => this.counts.deleteMany({ expiresAt: { $lte: now } }));
  }

  async deleteOf(owner: string): Promise<void> {
    await this.store.run(() => this.counts.deleteMany({ owner }));
  }
}
