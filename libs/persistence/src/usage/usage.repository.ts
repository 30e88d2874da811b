import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import { isDuplicate, StoreConnection } from '../store-connection.js';
import {
  usageId,
  usageSchema,
  type OpenCount,
  type UsageCounts,
  type UsageDocument,
  type UsageName,
  type UsageRow,
  type UsageScope,
} from './usage.schema.js';

/** Counts to be added to a row. @see UsageRepository.add */
export interface UsageAddition {
  readonly name: UsageName;
  readonly counts: UsageCounts;
  /** Another one for each addition of the writer to the row. */
  readonly sequence: number;
}

/** A row as it stands. */
export interface UsageState {
  readonly counts: UsageCounts;
  /** The sequence of each writer's last addition that the row has. */
  readonly applied: Readonly<Record<string, number>>;
  /** By process. */
  readonly open: Readonly<Record<string, OpenCount>>;
}

/** What a row has of a writer's last addition. @see UsageRepository.forget */
export interface UsageMark {
  readonly name: UsageName;
  readonly writer: string;
  readonly sequence: number;
}

/** What a process has open of a row. @see UsageRepository.setOpen */
export interface OpenChange extends OpenCount {
  readonly name: UsageName;
  /** Processes that have died, which are forgotten. */
  readonly gone: readonly string[];
}

export interface UsagePage {
  readonly scope: UsageScope;
  /** First and last day. */
  readonly from: string;
  readonly to: string;
  /** One key or learner alone. */
  readonly id?: string | undefined;
  /** The last row of the page before. */
  readonly after?: Pick<UsageName, 'day' | 'id'> | undefined;
  readonly limit: number;
}

/** Behind every character of an id. */
const LAST = '\uffff';

/** What tenants, their keys and their learners have used, by day. */
@Injectable()
export class UsageRepository implements OnModuleInit {
  private readonly model: Model<UsageDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<UsageDocument>('Usage', usageSchema);
  }

  /** Makes the collection and its index, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** Adds to rows, each of which names its tenant. An addition that the row has already is not added again, so that one whose
   *  answer was lost is sent once more; `read` tells which are there. @throws AppError store.unavailable */
  async add(writer: string, additions: readonly UsageAddition[]): Promise<void> {
    const applied = `applied.${writer}`;
    const operations = additions.map(({ name, counts, sequence }) => ({
      updateOne: {
        filter: { _id: usageId(name), tenant: name.tenant, [applied]: { $ne: sequence } },
        update: {
          $inc: Object.fromEntries(Object.entries(counts).map(([what, by]) => [`counts.${what}`, by])),
          $set: { [applied]: sequence },
          $setOnInsert: { scope: name.scope, day: name.day, id: name.id },
        },
        upsert: true,
      },
    }));
    try {
      await this.store.run(() => this.model.bulkWrite(operations, { ordered: false }));
    } catch (error) {
      // Added already, or another process has just made the row.
      if (!isDuplicate(error)) throw error;
    }
  }

  /** Removes marks of additions that nobody sends again, where they still are those; so rows do not grow with the processes that there
   *  have ever been. @throws AppError store.unavailable */
  async forget(marks: readonly UsageMark[]): Promise<void> {
    const operations = marks.map(({ name, writer, sequence }) => ({
      updateOne: {
        filter: { _id: usageId(name), tenant: name.tenant, [`applied.${writer}`]: sequence },
        update: { $unset: { [`applied.${writer}`]: 1 } },
      },
    }));
    await this.store.run(() => this.model.bulkWrite(operations, { ordered: false }));
  }

  /** Says what a process has open, in the place of what it said before. @throws AppError store.unavailable */
  async setOpen(writer: string, changes: readonly OpenChange[]): Promise<void> {
    const operations = changes.map(({ name, count, until, gone }) => {
      const removed = [...gone, ...(count === 0 ? [writer] : [])];
      return {
        updateOne: {
          filter: { _id: usageId(name), tenant: name.tenant },
          update: {
            $setOnInsert: { scope: name.scope, day: name.day, id: name.id },
            ...(count > 0 ? { $set: { [`open.${writer}`]: { count, until } } } : {}),
            ...(removed.length > 0
              ? { $unset: Object.fromEntries(removed.map((each) => [`open.${each}`, 1])) }
              : {}),
          },
          // That nothing is open any more makes no row: that of an erased learner is gone.
          upsert: count > 0,
        },
      };
    });
    try {
      await this.store.run(() => this.model.bulkWrite(operations, { ordered: false }));
    } catch (error) {
      // Another process has just made the row: it is said again.
      if (!isDuplicate(error)) throw error;
    }
  }

  /** Rows as they stand, by the ids of their names. @throws AppError store.unavailable */
  async read(names: readonly UsageName[]): Promise<ReadonlyMap<string, UsageState>> {
    const filter = { _id: { $in: names.map(usageId) } };
    const found = await this.store.run(() => this.model.find(filter).lean<UsageDocument[]>());
    return new Map(
      found.map(({ _id, counts = {}, applied = {}, open = {} }) => [_id, { counts, applied, open }]),
    );
  }

  /** Rows by day, and within a day by key or learner. @throws AppError store.unavailable */
  async page(tenant: string, { scope, from, to, id, after, limit }: UsagePage): Promise<UsageRow[]> {
    const first = after
      ? { $gt: usageId({ tenant, scope, ...after }) }
      : { $gte: `${tenant}/${scope}/${from}/` };
    const filter = {
      ...{ tenant, scope, ...(id === undefined ? {} : { id }) },
      _id: { ...first, $lt: `${tenant}/${scope}/${to}/${LAST}` },
    };
    const found = await this.store.run(() =>
      this.model.find(filter, { applied: 0, open: 0 }).sort({ _id: 1 }).limit(limit).lean<UsageDocument[]>(),
    );
    return found.map(({ _id: _, ...row }) => ({ ...row, counts: row.counts ?? {} }));
  }

  /** Removes what is known of one learner's use; what the tenant has used stays. @returns how many rows there were
   *  @throws AppError store.unavailable */
  async deleteLearner(tenant: string, user: string): Promise<number> {
    const filter = { tenant, scope: 'learner' as const, id: user };
    return (await this.store.run(() => this.model.deleteMany(filter))).deletedCount;
  }
}
