import { Injectable } from '@nestjs/common';
import type { Model, QueryFilter } from 'mongoose';
import { StoreConnection } from '../store-connection.js';
import { toLearningRecord } from './learning.repository.js';
import {
  learningSchema,
  type LearningDocument,
  type LearningKind,
  type LearningRecord,
  type LearningValues,
} from './learning.schema.js';

/** A page of siblings by rank, those of one rank by id in the same direction: those behind one. */
export interface RankedPage {
  readonly order: 'ascending' | 'descending';
  readonly after?: { readonly rank: number; readonly id: string } | undefined;
  readonly limit: number;
}

/** What stands at a rank, with some fields of its value. */
export interface RankedLine<Kind extends LearningKind, Field extends keyof LearningValues[Kind]> {
  readonly id: string;
  readonly user?: string;
  readonly rank: number;
  readonly value: Pick<LearningValues[Kind], Field>;
}

type Filter = QueryFilter<LearningDocument>;

/** Records of one parent in their order: the lessons of a course, the entries of a contest. */
@Injectable()
export class RankedLearningRepository {
  private readonly model: Model<LearningDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<LearningDocument>('Learning', learningSchema);
  }

  /** Whole records. */
  async page<Kind extends LearningKind>(
    tenant: string,
    kind: Kind,
    parent: string,
    page: RankedPage,
  ): Promise<LearningRecord<Kind>[]> {
    const found = await this.read<LearningDocument>({ tenant, kind, parent }, page);
    return found.map((one) => toLearningRecord<Kind>(one));
  }

  /** Of each record what a list shows: what else is in its value is not sent by the store. */
  async lines<Kind extends LearningKind, Field extends keyof LearningValues[Kind] & string>(
    tenant: string,
    kind: Kind,
    parent: string,
    fields: readonly Field[],
    page: RankedPage,
  ): Promise<RankedLine<Kind, Field>[]> {
    const asked = Object.fromEntries(fields.map((field) => [`value.${field}`, 1] as const));
    const projection = { user: 1, rank: 1, ...asked } as const;
    const found = await this.read<LearningDocument & { readonly rank: number }>(
      { tenant, kind, parent },
      page,
      projection,
    );
    return found.map(({ _id, user, rank, value }) => ({
      ...{ id: _id, rank, value: (value ?? {}) as Pick<LearningValues[Kind], Field> },
      ...(user === undefined ? {} : { user }),
    }));
  }

  /** How many of a parent's records have a higher rank; counted in the index. */
  async countAbove(tenant: string, kind: LearningKind, parent: string, rank: number): Promise<number> {
    return this.store.run(() => this.model.countDocuments({ tenant, kind, parent, rank: { $gt: rank } }));
  }

  /** The rest of the rank that the page before ended in, and then what is behind it: two ranges of the index, so that a page costs the same
   *  wherever it is. */
  private async read<Found>(
    siblings: Filter,
    { order, after, limit }: RankedPage,
    projection?: Readonly<Record<string, 1>>,
  ): Promise<Found[]> {
    const behind = order === 'ascending' ? '$gt' : '$lt';
    const direction = order === 'ascending' ? 1 : -1;
    const search = (filter: Filter, most: number) =>
      this.store.run(() =>
        this.model
          .find(filter, projection)
          .sort({ rank: direction, _id: direction })
          .limit(most)
          .lean<Found[]>(),
      );
    if (!after) return search(siblings, limit);
    const equal = await search(
      { ...siblings, rank: after.rank, _id: { [behind]: after.id } } as Filter,
      limit,
    );
    if (equal.length === limit) return equal;
    const rest = { ...siblings, rank: { [behind]: after.rank } } as Filter;
    return [...equal, ...(await search(rest, limit - equal.length))];
  }
}
