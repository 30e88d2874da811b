import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model, type QueryFilter } from 'mongoose';
import type { ClosingSummary } from '@parlance/contracts';
import type { LearnerData } from '../privacy/learner-data.js';
import { StoreConnection } from '../store-connection.js';

/** What a session came to, kept apart from it: lists of sessions stay small. */
export interface ClosingSummaryRecord {
  readonly session: string;
  readonly tenant: string;
  readonly user?: string;
  readonly mode: string;
  /** What was spoken; empty where nothing was. */
  readonly language: string;
  /** What the summary is written in. */
  readonly writtenIn: string;
  /** What wrote it, honestly: `groq:MODEL`, `builtin-coach`. */
  readonly model: string;
  readonly summary: ClosingSummary;
  readonly turns: number;
  /** When the session began, when it ended, when this was written. */
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly createdAt: Date;
}

const EXPORTED_TOGETHER = 100;

/** A page of summaries: those of sessions before one, newest first. */
export interface ClosingSummaryPage {
  readonly user?: string | undefined;
  readonly mode?: string | undefined;
  readonly language?: string | undefined;
  /** Of sessions that began from this moment on, and before that one. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

interface ClosingSummaryDocument extends Omit<ClosingSummaryRecord, 'session'> {
  readonly _id: string;
}

const closingSummarySchema = new Schema<ClosingSummaryDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    user: { type: String },
    mode: { type: String, required: true },
    language: { type: String, default: '' },
    writtenIn: { type: String, required: true },
    model: { type: String, required: true },
    // Checked by the contract's schema before it is written.
    summary: { type: Schema.Types.Mixed, required: true },
    turns: { type: Number, required: true },
    startedAt: { type: Date, required: true },
    endedAt: { type: Date, required: true },
    createdAt: { type: Date, required: true },
  },
  { collection: 'summaries', versionKey: false, strict: 'throw', minimize: false },
);
closingSummarySchema.index({ tenant: 1, _id: -1 });
closingSummarySchema.index({ tenant: 1, user: 1, _id: -1 });
closingSummarySchema.index({ tenant: 1, mode: 1, _id: -1 });
closingSummarySchema.index({ tenant: 1, language: 1, _id: -1 });

/** Closing summaries, one a session. */
@Injectable()
export class ClosingSummaryRepository implements OnModuleInit, LearnerData {
  readonly part = 'summaries';
  readonly collections = ['summaries'];
  private readonly model: Model<ClosingSummaryDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<ClosingSummaryDocument>('ClosingSummary', closingSummarySchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  async find(tenant: string, session: string): Promise<ClosingSummaryRecord | undefined> {
    const found = await this.store.run(() =>
      this.model.findOne({ _id: session, tenant }).lean<ClosingSummaryDocument>(),
    );
    return found ? toRecord(found) : undefined;
  }

  /** Keeps a session's summary; the first one stays. */
  async keep({ session, tenant, ...rest }: ClosingSummaryRecord): Promise<void> {
    await this.store.run(() =>
      this.model.updateOne({ _id: session, tenant }, { $setOnInsert: rest }, { upsert: true }),
    );
  }

  /** A tenant's session has none any more. */
  async delete(tenant: string, session: string): Promise<void> {
    await this.store.run(() => this.model.deleteOne({ _id: session, tenant }));
  }

  /** Newest session first. */
  async page(tenant: string, page: ClosingSummaryPage): Promise<ClosingSummaryRecord[]> {
    const { user, mode, language, from, to, before, limit } = page;
    const startedAt = { ...(from ? { $gte: from } : {}), ...(to ? { $lt: to } : {}) };
    const filter: QueryFilter<ClosingSummaryDocument> = {
      tenant,
      ...(user === undefined ? {} : { user }),
      ...(mode === undefined ? {} : { mode }),
      ...(language === undefined ? {} : { language }),
      ...(from || to ? { startedAt } : {}),
      ...(before === undefined ? {} : { _id: { $lt: before } }),
    };
    const found = await this.store.run(() =>
      this.model.find(filter).sort({ _id: -1 }).limit(limit).lean<ClosingSummaryDocument[]>(),
    );
    return found.map(toRecord);
  }

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    for (let before: string | undefined; ;) {
      const page = await this.page(tenant, { user: learner, before, limit: EXPORTED_TOGETHER });
      for (const { tenant: _, user: _user, ...summary } of page) yield summary;
      if (page.length < EXPORTED_TOGETHER) return;
      before = page.at(-1)!.session;
    }
  }

  /** They go with their sessions; what is left is of sessions that were removed without them. */
  async eraseLearner(tenant: string, learner: string): Promise<number> {
    return (await this.store.run(() => this.model.deleteMany({ tenant, user: learner }))).deletedCount;
  }
}

function toRecord({ _id, ...rest }: ClosingSummaryDocument): ClosingSummaryRecord {
  return { session: _id, ...rest };
}
