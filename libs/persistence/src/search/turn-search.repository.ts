import { Injectable } from '@nestjs/common';
import type { Model, QueryFilter } from 'mongoose';
import { StoreConnection } from '../store-connection.js';
import { turnSchema, type TurnDocument, type TurnIndexEntry } from '../turn.schema.js';
import { TERMS_REVISION } from './search-terms.js';

/** What turns are looked for by; all of it must hold. */
export interface TurnSearch {
  readonly user?: string | undefined;
  readonly mode?: string | undefined;
  readonly language?: string | undefined;
  /** Stored from this moment on, and before that one. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Of the evaluation's total, 0 to 100; turns without one are not found then. */
  readonly minScore?: number | undefined;
  readonly maxScore?: number | undefined;
  /** Words that were said or replied, as `termsOf` gives them. */
  readonly terms: readonly string[];
  /** Ids that the turns lie between, exclusively; ids are ordered by time. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A turn as a search shows it. */
export interface FoundTurn {
  readonly id: string;
  readonly session: string;
  readonly sequence: number;
  readonly user: string | undefined;
  readonly mode: string | undefined;
  readonly language: string;
  readonly said: string;
  readonly replied: string;
  readonly score: number | undefined;
  readonly createdAt: Date;
}

export interface FoundPage {
  readonly turns: readonly FoundTurn[];
  /** Goes on from here; undefined where nothing is left. The page may have fewer turns than its limit all the same. */
  readonly next: string | undefined;
}

/** A turn that is not indexed yet, with what it is indexed by. */
export type UnindexedTurn = Pick<TurnDocument, '_id' | 'tenant' | 'session' | 'text'> & {
  readonly reply?: { readonly text: string };
};

type SearchedTurn = Pick<
  TurnDocument,
  '_id' | 'session' | 'sequence' | 'text' | 'reply' | 'language' | 'search' | 'evaluation' | 'createdAt'
>;
type Filter = QueryFilter<TurnDocument>;

/** Ids that are read of each word at a time, and how often at most: what a search may cost. The first look is for a few pages' worth, as
 *  most searches find theirs among the newest. */
const WINDOW = 500;
const PAGES_IN_FIRST_WINDOW = 4;
const MOST_WINDOWS = 8;
/** Each time that turns are read after the first, which is for one page, so many times as many: of what is sought by more than words few
 *  may match. */
const BATCH_GROWTH = 3;

const FOUND_FIELDS = {
  ...{ session: 1, sequence: 1, text: 1, language: 1, createdAt: 1, 'reply.text': 1 },
  ...{ 'search.user': 1, 'search.mode': 1, 'evaluation.total': 1 },
};

/** Turns by what was said in them. Words are looked up in an index of their own (`search.terms`), which any store has that indexes lists. */
@Injectable()
export class TurnSearchRepository {
  private readonly model: Model<TurnDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<TurnDocument>('Turn', turnSchema);
  }

  /**
   * A tenant's turns, newest first. Ids are read for each word from its index, in windows; those of the word that is rarest there are
   * kept where no other word's window rules them out, and only their turns are read.
   * @param matches  what no index tells, such as the order of the words
   */
  async find(
    tenant: string,
    search: TurnSearch,
    matches: (turn: FoundTurn) => boolean = () => true,
  ): Promise<FoundPage> {
    const { limit, after } = search;
    const turns: FoundTurn[] = [];
    let { before } = search;
    let batchSize = limit + 1;
    for (let window = 0; window < MOST_WINDOWS; window += 1) {
      const size = window === 0 ? Math.min(WINDOW, PAGES_IN_FIRST_WINDOW * (limit + 1)) : WINDOW;
      const lists = await Promise.all(
        sourcesOf(tenant, search).map((source) => this.ids(source, size, before, after)),
      );
      const rarest = lists.reduce((one, other) => (reachesFurther(other, one, size) ? other : one));
      const candidates = rarest.filter((id) => lists.every((list) => mayHave(list, id, size)));
      for (let at = 0; at < candidates.length;) {
        const batch = candidates.slice(at, at + batchSize);
        at += batch.length;
        batchSize *= BATCH_GROWTH;
        const isSure = lists.every((list) => !isBehind(list, batch.at(-1)!, size));
        const unsure = isSure ? { ...search, terms: [] } : search;
        turns.push(...(await this.read(tenant, unsure, batch)).filter(matches));
        if (turns.length > limit) return { turns: turns.slice(0, limit), next: turns[limit - 1]?.id };
      }
      if (rarest.length < size) return { turns, next: undefined };
      before = rarest.at(-1);
    }
    return { turns, next: before };
  }

  /** Keeps what a turn is found by, instead of what it was found by before.
   *  @param hasReply  whether the turn had its reply when it was read; where it got one since, it stays to be indexed */
  async index(
    tenant: string,
    turn: string,
    entry: Omit<TurnIndexEntry, 'revision'>,
    hasReply: boolean,
  ): Promise<void> {
    const search: TurnIndexEntry = { revision: TERMS_REVISION, ...entry };
    const filter = { _id: turn, tenant, reply: { $exists: hasReply } };
    await this.store.run(() => this.model.updateOne(filter, { $set: { search } }));
  }

  /** Turns of all tenants that were stored before a moment and are not indexed as they stand, the oldest first: of an earlier release, of a
   *  service that died before it did, or with a reply that came later. */
  async unindexed(before: Date, limit: number): Promise<UnindexedTurn[]> {
    return this.store.run(() =>
      this.model
        .find({ 'search.revision': null, createdAt: { $lt: before } } as Filter, {
          tenant: 1,
          session: 1,
          text: 1,
          'reply.text': 1,
        })
        .sort({ createdAt: 1 })
        .limit(limit)
        .lean<UnindexedTurn[]>(),
    );
  }

  /** From the newest on; the projection lets the index alone answer. */
  private async ids(source: Filter, size: number, before?: string, after?: string): Promise<string[]> {
    const filter: Filter = { ...source, ...idRange(before, after) };
    const found = await this.store.run(() =>
      this.model.find(filter, { _id: 1 }).sort({ _id: -1 }).limit(size).lean<{ _id: string }[]>(),
    );
    return found.map(({ _id }) => _id);
  }

  private async read(tenant: string, search: TurnSearch, ids: readonly string[]): Promise<FoundTurn[]> {
    const filter: Filter = { _id: { $in: [...ids] }, tenant, ...conditionsOf(search) };
    const found = await this.store.run(() => this.model.find(filter, FOUND_FIELDS).lean<SearchedTurn[]>());
    return found.map(toFound).sort((one, other) => (one.id < other.id ? 1 : -1));
  }
}

/** What the index alone can give ids of: each word, and the learner; without either, the tenant. */
function sourcesOf(tenant: string, { terms, user }: TurnSearch): Filter[] {
  const sources: Filter[] = [
    ...terms.map((term) => ({ tenant, 'search.terms': term }) as Filter),
    ...(user === undefined ? [] : [{ tenant, 'search.user': user } as Filter]),
  ];
  return sources.length > 0 ? sources : [{ tenant }];
}

/** What holds of a turn beside its id; the words again where a list of theirs was not seen to the end of the turns that are read. */
function conditionsOf(search: TurnSearch): Filter {
  const { user, mode, language, from, to, minScore, maxScore, terms } = search;
  const score = between(minScore, maxScore, '$lte');
  const createdAt = between(from, to, '$lt');
  return {
    ...(terms.length === 0 ? {} : { 'search.terms': { $all: [...terms] } }),
    ...(user === undefined ? {} : { 'search.user': user }),
    ...(mode === undefined ? {} : { 'search.mode': mode }),
    ...(language === undefined ? {} : { language }),
    ...(score ? { 'evaluation.total': score } : {}),
    ...(createdAt ? { createdAt } : {}),
  } as Filter;
}

function between<Value>(low: Value | undefined, high: Value | undefined, upTo: '$lt' | '$lte') {
  if (low === undefined && high === undefined) return undefined;
  return { ...(low === undefined ? {} : { $gte: low }), ...(high === undefined ? {} : { [upTo]: high }) };
}

function idRange(before?: string, after?: string): Filter {
  if (before === undefined && after === undefined) return {};
  return {
    _id: {
      ...(before === undefined ? {} : { $lt: before }),
      ...(after === undefined ? {} : { $gt: after }),
    },
  };
}

/** Whether a list of ids, newest first, has fewer of them in the same time. */
function reachesFurther(one: readonly string[], other: readonly string[], size: number): boolean {
  if (one.length < size || other.length < size) return one.length < other.length;
  return one.at(-1)! < other.at(-1)!;
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Whether an id is older than what was seen of a list. */
function isBehind(list: readonly string[], id: string, size: number): boolean {
  return list.length === size && id < list.at(-1)!;
}

/** Whether an id is in a list, or older than what was seen of it. */
function mayHave(list: readonly string[], id: string, size: number): boolean {
  if (isBehind(list, id, size)) return true;
  let set = sets.get(list);
  if (!set) sets.set(list, (set = new Set(list)));
  return set.has(id);
}

function toFound({
  _id,
  session,
  sequence,
  text,
  reply,
  language,
  search,
  ...rest
}: SearchedTurn): FoundTurn {
  return {
    ...{ id: _id, session, sequence, language, createdAt: rest.createdAt },
    user: search?.user,
    mode: search?.mode,
    said: text,
    replied: reply?.text ?? '',
    score: rest.evaluation?.total ?? undefined,
  };
}
