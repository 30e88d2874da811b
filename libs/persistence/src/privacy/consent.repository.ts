import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import { CONSENT_PURPOSES, type ConsentPurpose } from '@parlance/contracts';
import { StoreConnection } from '../store-connection.js';
import type { LearnerData } from './learner-data.js';

/** What a learner said of one purpose, once. */
export interface ConsentRecord {
  readonly id: string;
  readonly tenant: string;
  readonly user: string;
  readonly purpose: ConsentPurpose;
  readonly given: boolean;
  /** Of the text that the learner was shown. */
  readonly textVersion: string;
  readonly at: Date;
}

interface ConsentDocument extends Omit<ConsentRecord, 'id'> {
  readonly _id: string;
}

const consentSchema = new Schema<ConsentDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    user: { type: String, required: true },
    purpose: { type: String, enum: CONSENT_PURPOSES, required: true },
    given: { type: Boolean, required: true },
    textVersion: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { collection: 'consents', versionKey: false, strict: 'throw' },
);
consentSchema.index({ tenant: 1, user: 1, purpose: 1, _id: -1 });
consentSchema.index({ tenant: 1, user: 1, _id: -1 });

const PAGE = 100;

/** What learners have allowed: added to, never changed, so that it is known what was allowed when. */
@Injectable()
export class ConsentRepository implements OnModuleInit, LearnerData {
  readonly part = 'consents';
  readonly collections = ['consents'];
  private readonly model: Model<ConsentDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<ConsentDocument>('Consent', consentSchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  async add({ id, ...rest }: ConsentRecord): Promise<void> {
    await this.store.run(() => this.model.updateOne({ _id: id }, { $setOnInsert: rest }, { upsert: true }));
  }

  /** What the learner said last of a purpose; undefined where nothing. */
  async latest(tenant: string, user: string, purpose: ConsentPurpose): Promise<ConsentRecord | undefined> {
    const found = await this.store.run(() =>
      this.model.findOne({ tenant, user, purpose }).sort({ _id: -1 }).lean<ConsentDocument>(),
    );
    return found ? toRecord(found) : undefined;
  }

  /** All that the learner said, newest first. */
  async history(
    tenant: string,
    user: string,
    { before, limit }: { readonly before?: string | undefined; readonly limit: number },
  ): Promise<ConsentRecord[]> {
    const filter = { tenant, user, ...(before === undefined ? {} : { _id: { $lt: before } }) };
    const found = await this.store.run(() =>
      this.model.find(filter).sort({ _id: -1 }).limit(limit).lean<ConsentDocument[]>(),
    );
    return found.map(toRecord);
  }

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    for (let before: string | undefined; ;) {
      const page = await this.history(tenant, learner, { before, limit: PAGE });
      for (const { purpose, given, textVersion, at } of page) yield { purpose, given, textVersion, at };
      if (page.length < PAGE) return;
      before = page.at(-1)!.id;
    }
  }

  async eraseLearner(tenant: string, learner: string): Promise<number> {
    const removed = await this.store.run(() => this.model.deleteMany({ tenant, user: learner }));
    return removed.deletedCount;
  }
}

function toRecord({ _id, ...rest }: ConsentDocument): ConsentRecord {
  return { id: _id, ...rest };
}
