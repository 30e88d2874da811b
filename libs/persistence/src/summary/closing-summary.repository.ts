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

/** Where a page goes on: behind the summary of a session. */
export type ClosingSummaryCursor = Pick<ClosingSummaryRecord, 'session' | 'startedAt'>;

/** A page of summaries: those of sessions that began before one, newest first. */
export interface ClosingSummaryPage {
  readonly user?: string | undefined;
  readonly mode?: string | undefined;
  readonly language?: string | undefined;
  /** Of sessions that began from this moment on, and before that one. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly before?: ClosingSummaryCursor | undefined;
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
// Newest first by each of what is asked for; of a learner's own the mode and the language are looked at one by one.
const NEWEST_FIRST = { startedAt: -1, _id: -1 } as const;
closingSummarySchema.index({ tenant: 1, ...NEWEST_FIRST });
closingSummarySchema.index({ tenant: 1, user: 1, ...NEWEST_FIRST });
closingSummarySchema.index({ tenant: 1, mode: 1, ...NEWEST_FIRST });
closingSummarySchema.index({ tenant: 1, language: 1, ...NEWEST_FIRST });
closingSummarySchema.index({ tenant: 1, mode: 1, language: 1, ...NEWEST_FIRST });

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

  /** Newest session first. A page is two ranges of an index: what began in the moment that the page before ended in, and what is older.
   *  So it costs the same at any depth and for any dates. */
  async page(tenant: string, page: ClosingSummaryPage): Promise<ClosingSummaryRecord[]> {
    const { user, mode, language, from, to, before, limit } = page;
    const asked = {
      tenant,
      ...(user === undefined ? {} : { user }),
      ...(mode === undefined ? {} : { mode }),
      ...(language === undefined ? {} : { language }),
    };
    const since = from ? { $gte: from } : {};
    if (!before || (to && before.startedAt >= to)) {
      const startedAt = { ...since, ...(to ? { $lt: to } : {}) };
      return this.search({ ...asked, ...(from || to ? { startedAt } : {}) }, limit);
    }
    const { startedAt, session } = before;
    const equal = await this.search({ ...asked, startedAt, _id: { $lt: session } }, limit);
    if (equal.length === limit) return equal;
    const older = await this.search(
      { ...asked, startedAt: { ...since, $lt: startedAt } },
      limit - equal.length,
    );
    return [...equal, ...older];
  }

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    for (let before: ClosingSummaryCursor | undefined; ;) {
      const page = await this.page(tenant, { user: learner, before, limit: EXPORTED_TOGETHER });
      for (const { tenant: _, user: _user, ...summary } of page) yield summary;
      if (page.length < EXPORTED_TOGETHER) return;
      before = page.at(-1);
    }
  }

  /** They go with their sessions; what is left is of sessions that were removed without them. */
  async eraseLearner(tenant: string, learner: string): Promise<number> {
    return (await this.store.run(() => this.model.deleteMany({ tenant, user: learner }))).deletedCount;
  }

  private async search(
    filter: QueryFilter<ClosingSummaryDocument>,
    limit: number,
  ): Promise<ClosingSummaryRecord[]> {
    const found = await this.store.run(() =>
      this.model.find(filter).sort(NEWEST_FIRST).limit(limit).lean<ClosingSummaryDocument[]>(),
    );
    return found.map(toRecord);
  }
}

function toRecord({ _id, ...rest }: ClosingSummaryDocument): ClosingSummaryRecord {
  return { session: _id, ...rest };
}
