import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import { isDuplicate, StoreConnection } from '../store-connection.js';

interface AttemptDocument {
  readonly _id: string;
  readonly count: number;
  readonly until: Date;
}

const attemptSchema = new Schema<AttemptDocument>(
  {
    _id: { type: String, required: true },
    count: { type: Number, required: true },
    until: { type: Date, required: true },
  },
  { collection: 'attempts', versionKey: false, strict: 'throw' },
);
attemptSchema.index({ until: 1 });

/** How often counts that are over are removed, by each process. */
const REMOVAL_MS = 60_000;

/** Counts of attempts within a time, shared by all replicas. A count names what is counted: an account of a tenant, an address. */
@Injectable()
export class AttemptRepository implements OnModuleInit {
  private readonly model: Model<AttemptDocument>;
  private removedAt = 0;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<AttemptDocument>('Attempt', attemptSchema);
  }

  /** Makes the collection and its index, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** Counts an attempt. @returns how many there are with it */
  async add(name: string, until: Date, now = new Date()): Promise<number> {
    await this.removeOld(now);
    const count = () =>
      this.store.run(() =>
        this.model
          .findOneAndUpdate(
            { _id: name },
            { $inc: { count: 1 }, $set: { until } },
            { upsert: true, returnDocument: 'before' },
          )
          .lean<AttemptDocument>(),
      );
    try {
      return ((await count())?.count ?? 0) + 1;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // Two have made the document at once.
      return ((await count())?.count ?? 0) + 1;
    }
  }

  /** Takes back one attempt. */
  async subtract(name: string): Promise<void> {
    await this.store.run(() =>
      this.model.updateOne({ _id: name, count: { $gt: 0 } }, { $inc: { count: -1 } }),
    );
  }

  /** Forgets a count. */
  async reset(name: string): Promise<void> {
    await this.store.run(() => this.model.deleteOne({ _id: name }));
  }

  private async removeOld(now: Date): Promise<void> {
    if (now.getTime() - this.removedAt < REMOVAL_MS) return;
    this.removedAt = now.getTime();
    await this.store.run(() => this.model.deleteMany({ until: { $lt: now } }));
  }
}
