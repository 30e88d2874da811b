import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { LearnerData } from '../privacy/learner-data.js';
import { StoreConnection } from '../store-connection.js';
import {
  refreshFamilySchema,
  refreshTokenSchema,
  type RefreshFamilyDocument,
  type RefreshTokenDocument,
} from './refresh-token.schema.js';

/** Whose a refresh token is, and until when its family lasts. */
export interface RefreshOwner {
  readonly family: string;
  readonly tenant: string;
  readonly account: string;
  /** Of the account when the log-in was begun: one that it has left behind is over. */
  readonly generation: number;
  /** When the person last showed who they are; absent where nobody has said so. */
  readonly authenticatedAt?: Date;
  readonly expiresAt: Date;
}

/** What came of a token's use: `reused` where it was used before, `unknown` where it is nobody's or its family has ended. */
export type RefreshUse =
  { readonly outcome: 'used' | 'reused'; readonly owner: RefreshOwner } | { readonly outcome: 'unknown' };

/** How often what has expired is removed, by each process. */
const REMOVAL_MS = 60_000;

/** Refresh tokens by their hashes. A token says whose it is, so that a use names no tenant; everything else does. */
@Injectable()
export class RefreshTokenRepository implements OnModuleInit, LearnerData {
  readonly part = 'log-ins';
  readonly collections = ['refresh_families', 'refresh_tokens'];
  private readonly families: Model<RefreshFamilyDocument>;
  private readonly tokens: Model<RefreshTokenDocument>;
  private removedAt = 0;

  constructor(private readonly store: StoreConnection) {
    this.families = store.raw.model<RefreshFamilyDocument>('RefreshFamily', refreshFamilySchema);
    this.tokens = store.raw.model<RefreshTokenDocument>('RefreshToken', refreshTokenSchema);
  }

  /** Makes the collections and their indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.families);
    await this.store.prepare(this.tokens);
  }

  /** Begins a family, and now and then removes what has expired. */
  async begin({ family, ...owner }: RefreshOwner, now = new Date()): Promise<void> {
    await this.removeExpired(now);
    await this.store.run(() => this.families.create({ _id: family, ...owner }));
  }

  async add(hash: string, owner: RefreshOwner): Promise<void> {
    await this.store.run(() => this.tokens.create({ _id: hash, ...owner }));
  }

  /** Uses a token: of all who try, one may. @param usedBy  names this try */
  async use(hash: string, usedBy: string, now = new Date()): Promise<RefreshUse> {
    await this.store.run(() =>
      this.tokens.updateOne({ _id: hash, usedBy: { $exists: false } }, { $set: { usedBy } }),
    );
    const token = await this.store.run(() => this.tokens.findOne({ _id: hash }).lean<RefreshTokenDocument>());
    if (!token) return { outcome: 'unknown' };
    const { _id: _, usedBy: by, ...owner } = token;
    const { family, tenant, account } = owner;
    if (by !== usedBy) return { outcome: 'reused', owner };
    const lasting = { _id: family, tenant, account, revokedAt: { $exists: false }, expiresAt: { $gt: now } };
    const found = await this.store.run(() => this.families.countDocuments(lasting));
    return found === 1 ? { outcome: 'used', owner } : { outcome: 'unknown' };
  }

  /** Ends one family: tokens that come of it afterwards are unknown. */
  async revoke({ tenant, account, family }: RefreshOwner, now = new Date()): Promise<void> {
    const filter = { _id: family, tenant, account, revokedAt: { $exists: false } };
    await this.store.run(() => this.families.updateOne(filter, { $set: { revokedAt: now } }));
  }

  /** Ends all families of an account. */
  async revokeAll(tenant: string, account: string, now = new Date()): Promise<void> {
    const filter = { tenant, account, revokedAt: { $exists: false } };
    await this.store.run(() => this.families.updateMany(filter, { $set: { revokedAt: now } }));
  }

  /** Log-ins of an account, without their tokens. */
  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    const found = await this.store.run(() =>
      this.families.find({ tenant, account: learner }).lean<RefreshFamilyDocument[]>(),
    );
    for (const { _id, expiresAt, revokedAt } of found)
      yield { id: _id, expiresAt, revokedAt: revokedAt ?? null };
  }

  async eraseLearner(tenant: string, learner: string): Promise<number> {
    const filter = { tenant, account: learner };
    // The families first: a token without one is good for nothing.
    const families = await this.store.run(() => this.families.deleteMany(filter));
    await this.store.run(() => this.tokens.deleteMany(filter));
    return families.deletedCount;
  }

  private async removeExpired(now: Date): Promise<void> {
    if (now.getTime() - this.removedAt < REMOVAL_MS) return;
    this.removedAt = now.getTime();
    const expired = { expiresAt: { $lte: now } };
    await this.store.run(() => this.tokens.deleteMany(expired));
    await this.store.run(() => this.families.deleteMany(expired));
  }
}
