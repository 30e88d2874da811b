import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model, QueryFilter } from 'mongoose';
import type { Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { LearnerData } from '../privacy/learner-data.js';
import { isDuplicate, StoreConnection } from '../store-connection.js';
import { learningConflict, learningNotFound } from './learning-faults.js';
import {
  learningSchema,
  type LearningDocument,
  type LearningFacets,
  type LearningKind,
  type LearningRecord,
  type LearningValues,
} from './learning.schema.js';

/** What a record begins with. */
export interface NewLearning<Kind extends LearningKind> extends LearningFacets {
  readonly id: string;
  readonly value: LearningValues[Kind];
  /** Names it among the tenant's of its kind: there is one of it only. */
  readonly key?: string | undefined;
}

/** What is changed of a record; what is left out stays. */
export type LearningChange<Kind extends LearningKind> = Partial<
  Pick<LearningRecord<Kind>, 'value' | 'dueAt' | 'rank'>
>;

/** A page of records, newest first: those before one. */
export interface LearningPage {
  readonly user?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** A record without some fields of its value. */
export type ShortRecord<Kind extends LearningKind, Field extends keyof LearningValues[Kind]> = Omit<
  LearningRecord<Kind>,
  'value'
> & { readonly value: Omit<LearningValues[Kind], Field> };

/** Rivals that change one record at the same time leave one of them this many tries. */
const TRIES = 20;
const EXPORTED_TOGETHER = 100;

/** Courses, lessons, enrolments and all that learners practise. Every question names the tenant; each change writes the next version
 *  over the one that was read, atomically, or is refused. */
@Injectable()
export class LearningRepository implements OnModuleInit, LearnerData {
  readonly part = 'practice';
  readonly collections = ['learning'];
  private readonly model: Model<LearningDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<LearningDocument>('Learning', learningSchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** @throws AppError learning.exists where there is one of the key already */
  async create<Kind extends LearningKind>(
    tenant: string,
    kind: Kind,
    { id, value, key, ...facets }: NewLearning<Kind>,
    now = new Date(),
  ): Promise<LearningRecord<Kind>> {
    const document: LearningDocument = {
      _id: id,
      tenant,
      kind,
      ...(key === undefined ? {} : { key: keyOf(tenant, kind, key) }),
      ...given(facets),
      value,
      version: 1,
      change: randomUUID(),
      createdAt: now,
      updatedAt: now,
    };
    try {
      await this.store.run(() => this.model.create(document));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const standing = await this.read({ _id: id, tenant, kind });
      // The store may have taken the write and lost its answer.
      if (standing?.change !== document.change)
        throw new AppError('learning.exists', 'There is such an entry already.');
    }
    return toLearningRecord<Kind>(document);
  }

  /** The one of a key, made where it is not there yet. */
  async ensure<Kind extends LearningKind>(
    tenant: string,
    kind: Kind,
    begin: NewLearning<Kind> & { readonly key: string },
  ): Promise<LearningRecord<Kind>> {
    const found = await this.findKeyed(tenant, kind, begin.key);
    if (found) return found;
    try {
      return await this.create(tenant, kind, begin);
    } catch (error) {
      const standing = await this.findKeyed(tenant, kind, begin.key);
      if (!standing) throw error;
      return standing;
    }
  }

  async find<Kind extends LearningKind>(
    tenant: string,
    kind: Kind,
    id: string,
  ): Promise<LearningRecord<Kind> | undefined> {
    const found = await this.read({ _id: id, tenant, kind });
    return found && toLearningRecord<Kind>(found);
  }

  /** A record that the caller may see: one of the tenant and, where the caller is a user, not another user's.
   *  @throws AppError learning.not_found */
  async getFor<Kind extends LearningKind>(
    { tenant, user }: Principal,
    kind: Kind,
    id: string,
  ): Promise<LearningRecord<Kind>> {
    const found = await this.find(tenant, kind, id);
    const isTheirs = user === undefined || found?.user === undefined || found.user === user;
    if (!found || !isTheirs) throw learningNotFound();
    return found;
  }

  /** The one of a key. */
  async findKeyed<Kind extends LearningKind>(
    tenant: string,
    kind: Kind,
    key: string,
  ): Promise<LearningRecord<Kind> | undefined> {
    const found = await this.read({ key: keyOf(tenant, kind, key), tenant });
    return found && toLearningRecord<Kind>(found);
  }

  /** The one of a key, without fields of its value that may be long and are not wanted. */
  async findKeyedWithout<Kind extends LearningKind, Field extends keyof LearningValues[Kind] & string>(
    tenant: string,
    kind: Kind,
    key: string,
    fields: readonly Field[],
  ): Promise<ShortRecord<Kind, Field> | undefined> {
    const projection = Object.fromEntries(fields.map((field) => [`value.${field}`, 0]));
    const filter = { key: keyOf(tenant, kind, key), tenant };
    const found = await this.store.run(() => this.model.findOne(filter, projection).lean<LearningDocument>());
    return found ? toLearningRecord<Kind>(found) : undefined;
  }

  /** Records newest first, at most `limit` of them. */
  async page<Kind extends LearningKind>(
    tenant: string,
    kind: Kind,
    { user, before, limit }: LearningPage,
  ): Promise<LearningRecord<Kind>[]> {
    const filter = {
      tenant,
      kind,
      ...given({ user }),
      ...(before === undefined ? {} : { _id: { $lt: before } }),
    };
    return this.search<Kind>(filter, { _id: -1 }, limit);
  }

  /** A user's records that are due at a moment, the longest due first; with `not` those that are not due yet. */
  async due<Kind extends LearningKind>(
    tenant: string,
    kind: Kind,
    { user, at, limit, not = false }: { user: string; at: Date; limit: number; not?: boolean },
  ): Promise<LearningRecord<Kind>[]> {
    const filter = { tenant, kind, user, dueAt: not ? { $gt: at } : { $lte: at } };
    return this.search<Kind>(filter, { dueAt: 1 }, limit);
  }

  /** How many there are of a kind, of a parent or of a user where one is named. */
  async countOf(
    tenant: string,
    kind: LearningKind,
    of: Pick<LearningFacets, 'parent' | 'user'> = {},
  ): Promise<number> {
    return this.count({ tenant, kind, ...given(of) });
  }

  /**
   * Changes a record. Of changes made at once each is made on top of the other, unless it says what it is based on.
   * @param change    makes the change from the record that stands, and may run again; undefined: nothing is to be changed
   * @param expected  the version that the change is based on; undefined: whichever stands
   * @throws AppError learning.not_found, learning.conflict with the version that stands
   */
  async update<Kind extends LearningKind>(
    tenant: string,
    kind: Kind,
    id: string,
    change: (record: LearningRecord<Kind>) => LearningChange<Kind> | undefined,
    expected?: number,
  ): Promise<LearningRecord<Kind>> {
    for (let tries = 1; ; tries += 1) {
      const before = await this.read({ _id: id, tenant, kind });
      if (!before) throw learningNotFound();
      if (expected !== undefined && expected !== before.version) throw learningConflict(before.version);
      const wanted = change(toLearningRecord<Kind>(before));
      if (!wanted) return toLearningRecord<Kind>(before);
      const next = {
        ...given(wanted),
        version: before.version + 1,
        change: randomUUID(),
        updatedAt: new Date(),
      };
      const { matchedCount } = await this.store.run(() =>
        this.model.updateOne({ _id: id, tenant, version: before.version }, { $set: next }),
      );
      const after = { ...before, ...next } as LearningDocument;
      if (matchedCount === 1) return toLearningRecord<Kind>(after);
      const standing = await this.read({ _id: id, tenant, kind });
      if (standing?.change === next.change) return toLearningRecord<Kind>(after);
      if (tries === TRIES) throw learningConflict(standing?.version ?? before.version + 1);
    }
  }

  /** @throws AppError learning.not_found, learning.conflict with the version that stands */
  async delete(tenant: string, kind: LearningKind, id: string, expected?: number): Promise<void> {
    const filter = { _id: id, tenant, kind, ...(expected === undefined ? {} : { version: expected }) };
    const { deletedCount } = await this.store.run(() => this.model.deleteOne(filter));
    if (deletedCount === 1) return;
    const standing = await this.read({ _id: id, tenant, kind });
    if (standing && expected !== undefined) throw learningConflict(standing.version);
    throw learningNotFound();
  }

  /** What belongs to a parent is gone. */
  async deleteOf(tenant: string, kind: LearningKind, parent: string): Promise<void> {
    await this.store.run(() => this.model.deleteMany({ tenant, kind, parent }));
  }

  /** Of every kind, newest first. */
  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    for (let before: string | undefined; ;) {
      const filter = { tenant, user: learner, ...(before === undefined ? {} : { _id: { $lt: before } }) };
      const found = await this.store.run(() =>
        this.model.find(filter).sort({ _id: -1 }).limit(EXPORTED_TOGETHER).lean<LearningDocument[]>(),
      );
      for (const { _id, kind, parent, value, createdAt, updatedAt } of found)
        yield { id: _id, kind, ...given({ parent }), value, createdAt, updatedAt };
      if (found.length < EXPORTED_TOGETHER) return;
      before = found.at(-1)!._id;
    }
  }

  async eraseLearner(tenant: string, learner: string): Promise<number> {
    return (await this.store.run(() => this.model.deleteMany({ tenant, user: learner }))).deletedCount;
  }

  private async read(filter: QueryFilter<LearningDocument>): Promise<LearningDocument | undefined> {
    const found = await this.store.run(() => this.model.findOne(filter).lean<LearningDocument>());
    return found ?? undefined;
  }

  private async count(filter: QueryFilter<LearningDocument>): Promise<number> {
    return this.store.run(() => this.model.countDocuments(filter));
  }

  private async search<Kind extends LearningKind>(
    filter: QueryFilter<LearningDocument>,
    order: Readonly<Record<string, 1 | -1>>,
    limit: number,
  ): Promise<LearningRecord<Kind>[]> {
    const found = await this.store.run(() =>
      this.model.find(filter).sort(order).limit(limit).lean<LearningDocument[]>(),
    );
    return found.map((one) => toLearningRecord<Kind>(one));
  }
}

/** A key is of its tenant and kind. */
function keyOf(tenant: string, kind: LearningKind, key: string): string {
  return `${tenant}/${kind}/${key}`;
}

/** Without what is undefined. */
function given<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Values>;
}

/** The record of a document of the collection. */
export function toLearningRecord<Kind extends LearningKind>(
  document: LearningDocument,
): LearningRecord<Kind> {
  const { _id, parent, user, value, version, dueAt, rank, createdAt, updatedAt } = document;
  return {
    id: _id,
    ...given({ parent, user, dueAt, rank }),
    value: value as LearningValues[Kind],
    version,
    createdAt,
    updatedAt,
  };
}
