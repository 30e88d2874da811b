import { Injectable } from '@nestjs/common';
import type { Model, QueryFilter } from 'mongoose';
import type { Level } from '@parlance/contracts';
import { sessionSchema, type SessionDocument } from '../session.schema.js';
import { StoreConnection } from '../store-connection.js';
import { accountSchema, type AccountDocument } from './account.schema.js';

/** A learner as far as the platform knows them: by an account, by sessions, or by both. */
export interface KnownLearner {
  /** Names them in tokens and sessions. */
  readonly id: string;
  /** Of an account. */
  readonly name: string | undefined;
  readonly level: Level | undefined;
  /** Of the newest session; undefined where there is none. */
  readonly lastActiveAt: Date | undefined;
}

/** A page of learners by their ids. */
export interface LearnerPage {
  /** Stands in the name or the address of an account, in any case, or begins the id; undefined: all. */
  readonly text?: string | undefined;
  /** Only those behind this id. */
  readonly after?: string | undefined;
  readonly limit: number;
}

type Session = Pick<SessionDocument, 'user' | 'lastActiveAt'>;
type Account = Pick<AccountDocument, '_id' | 'profile'>;

/** No id of a user is behind it. */
const LAST = '\u{10ffff}';
const SYNTAX = /[.*+?^${}()|[\]\\]/g;

/** Who learns at a tenant. Accounts and sessions stay what they are: nothing is kept here. */
@Injectable()
export class LearnerDirectory {
  private readonly accounts: Model<AccountDocument>;
  private readonly sessions: Model<SessionDocument>;

  constructor(private readonly store: StoreConnection) {
    this.accounts = store.raw.model<AccountDocument>('Account', accountSchema);
    this.sessions = store.raw.model<SessionDocument>('Session', sessionSchema);
  }

  /** Learners by id, at most `limit` of them: accounts of learners, and users of sessions without an account. */
  async page(tenant: string, page: LearnerPage): Promise<KnownLearner[]> {
    const [ofAccounts, ofSessions] = await Promise.all([
      this.accountIds(tenant, page),
      this.userIds(tenant, page),
    ]);
    const ids = [...new Set([...ofAccounts, ...ofSessions])].sort(byBytes).slice(0, page.limit);
    return this.known(tenant, ids);
  }

  /** One learner; undefined where neither an account nor a session names them. */
  async find(tenant: string, id: string): Promise<KnownLearner | undefined> {
    const [learner] = await this.known(tenant, [id]);
    return learner?.name === undefined && learner?.lastActiveAt === undefined ? undefined : learner;
  }

  private async known(tenant: string, ids: readonly string[]): Promise<KnownLearner[]> {
    const [accounts, sessions] = await Promise.all([
      this.store.run(() =>
        this.accounts.find({ _id: { $in: [...ids] }, tenant }, { profile: 1 }).lean<Account[]>(),
      ),
      Promise.all(ids.map((user) => this.newestSession({ tenant, user }))),
    ]);
    const profiles = new Map(accounts.map(({ _id, profile }) => [_id, profile]));
    return ids.map((id, index) => ({
      id,
      name: profiles.get(id)?.name,
      level: profiles.get(id)?.level,
      lastActiveAt: sessions[index]?.lastActiveAt,
    }));
  }

  private async accountIds(tenant: string, { text, after, limit }: LearnerPage): Promise<string[]> {
    const $regex = text?.replace(SYNTAX, '\\$&');
    const filter = {
      tenant,
      role: 'learner',
      ...(after === undefined ? {} : { _id: { $gt: after } }),
      ...($regex === undefined
        ? {}
        : {
            $or: [
              ...['profile.name', 'email'].map((field) => ({ [field]: { $regex, $options: 'i' } })),
              { _id: { $gte: text, $lt: `${text}${LAST}` } },
            ],
          }),
    } as QueryFilter<AccountDocument>;
    const found = await this.store.run(() =>
      this.accounts.find(filter, { _id: 1 }).sort({ _id: 1 }).limit(limit).lean<{ _id: string }[]>(),
    );
    return found.map(({ _id }) => _id);
  }

  /** From each user to the next by the index of users: what a page costs does not grow with their sessions. */
  private async userIds(tenant: string, { text = '', after = '', limit }: LearnerPage): Promise<string[]> {
    const ids: string[] = [];
    for (let behind = after; ids.length < limit; behind = ids.at(-1)!) {
      const user = { $gt: behind, $gte: text, $lt: `${text}${LAST}` };
      const next = await this.newestSession({ tenant, user });
      if (next?.user === undefined) break;
      ids.push(next.user);
    }
    return ids;
  }

  /** Of the first user that a filter finds. */
  private async newestSession(filter: QueryFilter<SessionDocument>): Promise<Session | undefined> {
    const found = await this.store.run(() =>
      this.sessions.findOne(filter, { user: 1, lastActiveAt: 1 }).sort({ user: 1, _id: -1 }).lean<Session>(),
    );
    return found ?? undefined;
  }
}

/** As the store orders texts. */
function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
