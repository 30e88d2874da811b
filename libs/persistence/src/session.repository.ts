import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model, QueryFilter } from 'mongoose';
import type { Principal, SessionContext, SessionSettings } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { ACTIVE, sessionFilter, type SessionPage } from './session-filter.js';
import { toSessionRecord } from './session-record.js';
import {
  MOST_TURNS,
  sessionSchema,
  type SessionDocument,
  type SessionMetadata,
  type SessionRecord,
  type SessionSummary,
  type TurnTotals,
} from './session.schema.js';
import { isDuplicate, StoreConnection } from './store-connection.js';

/** What a session begins with; what is left out has its default. */
export interface NewSession {
  readonly user?: string | undefined;
  readonly settings?: Partial<SessionSettings> | undefined;
  readonly context?: Partial<SessionContext> | undefined;
  readonly metadata?: SessionMetadata | undefined;
  /** Refuses it while its user has another one that was made so. */
  readonly onlyActive?: boolean | undefined;
}

/** How a session ends. */
export interface SessionEnd {
  readonly reason: string;
  readonly totals: TurnTotals;
  /** Only where nothing has happened since then; the duration counts to the last activity. */
  readonly idleSince?: Date;
}

/** The number of a session's next turn, and the session as it was just before. */
export interface NextTurn {
  readonly sequence: number;
  readonly session: SessionRecord;
}

/** Sessions. Every question names the tenant, so that no id opens another tenant's session. */
@Injectable()
export class SessionRepository implements OnModuleInit {
  private readonly model: Model<SessionDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<SessionDocument>('Session', sessionSchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** Makes the session; one that this tenant has already stays as it is.
   *  @throws AppError session.not_found when the id belongs to someone else, session.already_active */
  async create(tenant: string, id: string, begin: NewSession = {}, now = new Date()): Promise<SessionRecord> {
    const { user, settings = {}, context = {}, metadata, onlyActive = false } = begin;
    const session: SessionDocument = {
      _id: id,
      tenant,
      ...(user === undefined ? {} : { user }),
      ...(onlyActive && user !== undefined ? { onlyActiveOf: `${tenant}/${user}` } : {}),
      settings,
      context,
      ...(metadata === undefined ? {} : { metadata }),
      status: 'active',
      lastSequence: 0,
      createdAt: now,
      lastActiveAt: now,
    };
    try {
      await this.store.run(() => this.model.create(session));
      return toSessionRecord(session);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const found = await this.find(tenant, id);
      if (found) return found;
      if (!session.onlyActiveOf) throw notFound();
      throw new AppError('session.already_active', 'The user has an active session already.');
    }
  }

  async find(tenant: string, id: string): Promise<SessionRecord | undefined> {
    const found = await this.store.run(() => this.model.findOne({ _id: id, tenant }).lean<SessionDocument>());
    return found ? toSessionRecord(found) : undefined;
  }

  /** @throws AppError session.not_found */
  async get(tenant: string, id: string): Promise<SessionRecord> {
    return this.getFor({ tenant }, id);
  }

  /** A session that the caller may see: one of the tenant and, where the caller is a user, the user's own.
   *  @throws AppError session.not_found */
  async getFor({ tenant, user }: Principal, id: string): Promise<SessionRecord> {
    const found = await this.find(tenant, id);
    if (!found || (user !== undefined && found.user !== user)) throw notFound();
    return found;
  }

  /** The user's newest active session. */
  async findActive(tenant: string, user: string): Promise<SessionRecord | undefined> {
    const [newest] = await this.page(tenant, { user, status: 'active', limit: 1 });
    return newest;
  }

  /** Sessions newest first, at most `limit` of them. */
  async page(tenant: string, page: SessionPage): Promise<SessionRecord[]> {
    return this.search(sessionFilter(tenant, page), { _id: -1 }, page.limit, page.skip);
  }

  /** Active sessions of all tenants in which nothing has happened since a time, the longest idle first. */
  async idle(since: Date, limit: number): Promise<SessionRecord[]> {
    return this.search({ ...ACTIVE, lastActiveAt: { $lt: since } }, { lastActiveAt: 1 }, limit);
  }

  /** A tenant's session is gone; nothing where there is none. */
  async delete(tenant: string, id: string): Promise<void> {
    await this.store.run(() => this.model.deleteOne({ _id: id, tenant }));
  }

  /** Sessions of a user. */
  async idsOfUser(tenant: string, user: string, limit: number): Promise<string[]> {
    const found = await this.store.run(() =>
      this.model.find({ tenant, user }, { _id: 1 }).limit(limit).lean<Pick<SessionDocument, '_id'>[]>(),
    );
    return found.map(({ _id }) => _id);
  }

  /** Sessions that nobody has used since a moment, the oldest first: of a tenant, or of all but some. */
  async unusedSince(
    of: { readonly tenant: string } | { readonly allBut: readonly string[] },
    moment: Date,
    limit: number,
  ): Promise<{ readonly tenant: string; readonly id: string }[]> {
    const tenant = 'tenant' in of ? of.tenant : { $nin: [...of.allBut] };
    const found = await this.store.run(() =>
      this.model
        .find({ tenant, lastActiveAt: { $lt: moment } }, { tenant: 1 })
        .sort({ lastActiveAt: 1 })
        .limit(limit)
        .lean<Pick<SessionDocument, '_id' | 'tenant'>[]>(),
    );
    return found.map(({ _id, tenant: owner }) => ({ id: _id, tenant: owner }));
  }

  /** As `nextTurn`, the number alone. */
  async nextTurnSequence(tenant: string, id: string, now?: Date): Promise<number> {
    return (await this.nextTurn(tenant, id, now)).sequence;
  }

  /** Numbers the session's next turn, starting with 1; no two callers get the same. A crash after it leaves a gap.
   *  @throws AppError session.not_found, session.ended, session.full */
  async nextTurn(tenant: string, id: string, now = new Date()): Promise<NextTurn> {
    const counted = await this.store.run(() =>
      this.model
        .findOneAndUpdate(
          { _id: id, tenant, ...ACTIVE, lastSequence: { $lt: MOST_TURNS } },
          {
            $inc: { lastSequence: 1 },
            $set: { lastActiveAt: now },
            $addToSet: { days: now.toISOString().slice(0, 10) },
          },
          // The stand-in hands out its live document for `after`, which a rival may have counted up by then.
          { returnDocument: 'before' },
        )
        .lean<SessionDocument>(),
    );
    if (!counted) throw await this.refusal({ tenant }, id);
    return { sequence: counted.lastSequence + 1, session: toSessionRecord(counted) };
  }

  /** Changes those settings that are given. @throws AppError session.not_found, session.ended */
  async updateSettings(
    caller: Principal,
    id: string,
    settings: Partial<SessionSettings>,
    now = new Date(),
  ): Promise<SessionRecord> {
    return this.set(caller, id, 'settings', settings, now);
  }

  /** Changes what is given of the context; the rest stays. @throws AppError session.not_found, session.ended */
  async updateContext(
    caller: Principal,
    id: string,
    context: Partial<SessionContext>,
    now = new Date(),
  ): Promise<SessionRecord> {
    return this.set(caller, id, 'context', context, now);
  }

  /** Notes that the session is used. @throws AppError session.not_found, session.ended */
  async touch(tenant: string, id: string, now = new Date()): Promise<SessionRecord> {
    return this.set({ tenant }, id, 'settings', {}, now);
  }

  /**
   * Ends the session, once: of several callers one ends it.
   * @returns the session as it stands, and whether this call ended it; with `idleSince` it may still be active
   * @throws AppError session.not_found
   */
  async end(
    tenant: string,
    id: string,
    { reason, totals, idleSince }: SessionEnd,
    now = new Date(),
  ): Promise<{ readonly session: SessionRecord; readonly endedNow: boolean }> {
    const session = await this.get(tenant, id);
    const over = idleSince ? session.lastActiveAt : now;
    const durationMs = Math.max(0, over.getTime() - session.createdAt.getTime());
    const filter = { _id: id, tenant, ...ACTIVE, ...(idleSince ? { lastActiveAt: { $lt: idleSince } } : {}) };
    const ended = await this.store.run(() =>
      this.model.updateOne(filter, {
        // With the end itself: whatever stops after it, the summary is still to be written.
        $set: {
          status: 'ended',
          ...(idleSince ? { expired: true } : {}),
          endedAt: now,
          endReason: reason,
          metrics: { ...totals, durationMs },
          summaryDueAt: now,
        },
        $unset: { onlyActiveOf: 1 },
      }),
    );
    return { session: await this.get(tenant, id), endedNow: ended.modifiedCount === 1 };
  }

  /** Stores a summary; one that reaches further already stays as it is. */
  async saveSummary(tenant: string, id: string, summary: SessionSummary): Promise<void> {
    const reachesLess = {
      $or: [{ summary: { $exists: false } }, { 'summary.through': { $lt: summary.through } }],
    };
    await this.store.run(() =>
      this.model.updateOne({ _id: id, tenant, ...reachesLess }, { $set: { summary } }),
    );
  }

  /** Takes the session whose closing summary has been due the longest, of all tenants but some; nobody else gets it before `until`. */
  async claimSummary(
    now: Date,
    until: Date,
    without: readonly string[] = [],
  ): Promise<SessionRecord | undefined> {
    const claimed = await this.store.run(() =>
      this.model
        .findOneAndUpdate(
          { summaryDueAt: { $lte: now }, ...(without.length > 0 ? { tenant: { $nin: [...without] } } : {}) },
          { $set: { summaryDueAt: until } },
          { sort: { summaryDueAt: 1 }, returnDocument: 'before' },
        )
        .lean<SessionDocument>(),
    );
    return claimed ? toSessionRecord(claimed) : undefined;
  }

  /** The closing summary is to be written at a time, by whoever comes first. */
  async deferSummary(tenant: string, id: string, until: Date): Promise<void> {
    const filter = { _id: id, tenant, summaryDueAt: { $exists: true } };
    await this.store.run(() => this.model.updateOne(filter, { $set: { summaryDueAt: until } }));
  }

  /** Asks for the closing summary of a session that has ended without one; nothing where it is asked for already. */
  async requestSummary(tenant: string, id: string, now = new Date()): Promise<void> {
    const filter = { _id: id, tenant, status: 'ended', summaryDueAt: { $exists: false } } as const;
    await this.store.run(() => this.model.updateOne(filter, { $set: { summaryDueAt: now } }));
  }

  /** The closing summary is written. */
  async endSummaryRequest(tenant: string, id: string): Promise<void> {
    await this.store.run(() => this.model.updateOne({ _id: id, tenant }, { $unset: { summaryDueAt: 1 } }));
  }

  /** Those of some sessions that there are, of all tenants. */
  async findMany(ids: readonly string[]): Promise<SessionRecord[]> {
    return this.search({ _id: { $in: [...ids] } }, { _id: 1 }, ids.length);
  }

  /** @returns the session as this change left it */
  private async set(
    { tenant, user }: Principal,
    id: string,
    part: 'settings' | 'context',
    values: Readonly<Record<string, unknown>>,
    now: Date,
  ): Promise<SessionRecord> {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    const changes = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [`${part}.${name}`, value]),
    );
    const filter = { _id: id, tenant, ...(user === undefined ? {} : { user }), ...ACTIVE };
    const before = await this.store.run(() =>
      this.model
        .findOneAndUpdate(filter, { $set: { ...changes, lastActiveAt: now } }, { returnDocument: 'before' })
        .lean<SessionDocument>(),
    );
    if (!before) throw await this.refusal({ tenant, user }, id);
    return toSessionRecord({ ...before, [part]: { ...before[part], ...given }, lastActiveAt: now });
  }

  private async search(
    filter: QueryFilter<SessionDocument>,
    order: Readonly<Record<string, 1 | -1>>,
    limit: number,
    skip = 0,
  ): Promise<SessionRecord[]> {
    const found = await this.store.run(() =>
      this.model.find(filter).sort(order).skip(skip).limit(limit).lean<SessionDocument[]>(),
    );
    return found.map(toSessionRecord);
  }

  /** Why there is no active session of this id, or none that takes another turn. @throws AppError session.not_found */
  private async refusal(caller: Principal, id: string): Promise<AppError> {
    const found = await this.getFor(caller, id);
    return found.status === 'ended' ? sessionEnded() : sessionFull();
  }
}

/** What becomes of turns and changes of a session that has ended. */
export function sessionEnded(): AppError {
  return new AppError('session.ended', 'The session has ended: begin a new one.');
}

/** What becomes of turns of a session that has as many as it may. */
export function sessionFull(): AppError {
  return new AppError('session.full', `The session has its ${MOST_TURNS} turns: begin a new one.`);
}

function notFound(): AppError {
  return new AppError('session.not_found', 'There is no such session.');
}
