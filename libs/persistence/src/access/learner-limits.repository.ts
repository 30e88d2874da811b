import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import type { Limits } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { LearnerData } from '../privacy/learner-data.js';
import { isDuplicate, StoreConnection } from '../store-connection.js';

/** Limits of one learner, in the place of those for all learners of the tenant. */
export interface LearnerLimitsRecord {
  readonly user: string;
  readonly limits: Limits;
  /** Counts the changes. */
  readonly version: number;
}

interface LearnerLimitsDocument extends LearnerLimitsRecord {
  readonly _id: string;
  readonly tenant: string;
}

const learnerLimitsSchema = new Schema<LearnerLimitsDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    user: { type: String, required: true },
    limits: { type: Schema.Types.Mixed, required: true },
    version: { type: Number, required: true },
  },
  { collection: 'learner_limits', versionKey: false, strict: 'throw', minimize: false },
);
learnerLimitsSchema.index({ tenant: 1 });

/** Learners of one tenant that have limits of their own. */
const MOST_LEARNERS = 10_000;

/** Limits of single learners. Every question names the tenant. */
@Injectable()
export class LearnerLimitsRepository implements OnModuleInit, LearnerData {
  readonly part = 'limits';
  readonly collections = ['learner_limits'];
  private readonly model: Model<LearnerLimitsDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<LearnerLimitsDocument>('LearnerLimits', learnerLimitsSchema);
  }

  /** Makes the collection and its index, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  async find(tenant: string, user: string): Promise<LearnerLimitsRecord | undefined> {
    const filter = { _id: idOf(tenant, user), tenant };
    const found = await this.store.run(() => this.model.findOne(filter).lean<LearnerLimitsDocument>());
    return found ? { user, limits: found.limits, version: found.version } : undefined;
  }

  /** @param version  the one that the change is of; 0 where the learner has no limits yet
   *  @throws AppError request.conflict with the version that there is now, quota.exceeded */
  async put(tenant: string, user: string, version: number, limits: Limits): Promise<LearnerLimitsRecord> {
    const _id = idOf(tenant, user);
    const next = { user, limits, version: version + 1 };
    if (version > 0) {
      const changed = await this.store.run(() =>
        this.model.updateOne({ _id, tenant, version }, { $set: { limits }, $inc: { version: 1 } }),
      );
      if (changed.matchedCount === 1) return next;
      throw await this.conflict(tenant, user);
    }
    if ((await this.store.run(() => this.model.countDocuments({ tenant }))) >= MOST_LEARNERS)
      throw new AppError(
        'quota.exceeded',
        `${MOST_LEARNERS} learners of a tenant may have limits of their own; set learnerLimits for all.`,
      );
    try {
      await this.store.run(() => this.model.create({ _id, tenant, ...next }));
      return next;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw await this.conflict(tenant, user);
    }
  }

  /** The learner has those for all again. */
  async delete(tenant: string, user: string): Promise<void> {
    await this.store.run(() => this.model.deleteOne({ _id: idOf(tenant, user), tenant }));
  }

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    const found = await this.find(tenant, learner);
    if (found) yield { limits: found.limits };
  }

  async eraseLearner(tenant: string, learner: string): Promise<number> {
    const filter = { _id: idOf(tenant, learner), tenant };
    return (await this.store.run(() => this.model.deleteOne(filter))).deletedCount;
  }

  private async conflict(tenant: string, user: string): Promise<AppError> {
    const version = (await this.find(tenant, user))?.version ?? 0;
    return new AppError('request.conflict', `The limits have version ${version} now: read them again.`, {
      details: { version },
    });
  }
}

function idOf(tenant: string, user: string): string {
  return `${tenant}/${user}`;
}
