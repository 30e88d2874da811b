import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import { StoreConnection } from './store-connection.js';

interface OfferDocument {
  readonly _id: string;
  readonly service: string;
  /** Null: any. */
  readonly languages: readonly string[] | null;
  readonly until: Date;
}

const offerSchema = new Schema<OfferDocument>(
  {
    _id: { type: String, required: true },
    service: { type: String, required: true },
    languages: { type: [String], default: null },
    until: { type: Date, required: true },
  },
  { collection: 'language_offers', versionKey: false, strict: 'throw' },
);
offerSchema.index({ service: 1 });

/** Which languages the running processes of a service work in. An offer ends by itself where its process dies. */
@Injectable()
export class LanguageOfferRepository implements OnModuleInit {
  private readonly model: Model<OfferDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<OfferDocument>('LanguageOffer', offerSchema);
  }

  /** Makes the collection and its index, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** @param languages  null: any */
  async offer(
    service: string,
    process: string,
    languages: readonly string[] | null,
    ttlMs: number,
    now = new Date(),
  ): Promise<void> {
    const until = new Date(now.getTime() + ttlMs);
    const filter = { _id: `${service}/${process}` };
    await this.store.run(() =>
      this.model.updateOne(filter, { $set: { service, languages, until } }, { upsert: true }),
    );
    // What processes that died have left.
    await this.store.run(() => this.model.deleteMany({ service, until: { $lt: now } }));
  }

  async withdraw(service: string, process: string): Promise<void> {
    await this.store.run(() => this.model.deleteOne({ _id: `${service}/${process}` }));
  }

  /** @returns null: any; empty where no process of the service runs */
  async languagesOf(service: string, now = new Date()): Promise<ReadonlySet<string> | null> {
    const offers = await this.store.run(() =>
      this.model.find({ service, until: { $gte: now } }).lean<OfferDocument[]>(),
    );
    if (offers.some(({ languages }) => languages === null)) return null;
    return new Set(offers.flatMap(({ languages }) => languages ?? []));
  }
}
