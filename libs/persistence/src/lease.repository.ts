import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import { isDuplicate, StoreConnection } from './store-connection.js';

interface LeaseDocument {
  readonly _id: string;
  readonly owner: string;
  readonly until: Date;
}

const leaseSchema = new Schema<LeaseDocument>(
  {
    _id: { type: String, required: true },
    owner: { type: String, required: true },
    until: { type: Date, required: true },
  },
  { collection: 'leases', versionKey: false, strict: 'throw' },
);

/** Work that one process at a time may do. A lease ends by itself, so that a process that died holds nobody up. */
@Injectable()
export class LeaseRepository implements OnModuleInit {
  private readonly model: Model<LeaseDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<LeaseDocument>('Lease', leaseSchema);
  }

  /** Makes the collection, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** @returns whether the owner holds the lease now; it may hold it already */
  async acquire(name: string, owner: string, ttlMs: number, now = new Date()): Promise<boolean> {
    const until = new Date(now.getTime() + ttlMs);
    const free = { _id: name, $or: [{ until: { $lte: now } }, { owner }] };
    const renewed = await this.store.run(() => this.model.updateOne(free, { $set: { owner, until } }));
    if (renewed.matchedCount === 1) return true;
    try {
      await this.store.run(() => this.model.create({ _id: name, owner, until }));
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  /** Ends the lease, where the owner still holds it. */
  async release(name: string, owner: string): Promise<void> {
    await this.store.run(() => this.model.deleteOne({ _id: name, owner }));
  }
}
