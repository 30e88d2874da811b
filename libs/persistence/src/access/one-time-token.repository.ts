import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import type { LearnerData } from '../privacy/learner-data.js';
import { isDuplicate, StoreConnection } from '../store-connection.js';

/** What a token that somebody was sent is good for. */
export const ONE_TIME_PURPOSES = [
  'verify-email',
  'change-email',
  'reset-password',
  'oidc-state',
  'oidc-code',
] as const;
export type OneTimePurpose = (typeof ONE_TIME_PURPOSES)[number];

/** A token as kept: by its hash alone. */
export interface OneTimeToken {
  /** SHA-256 of the token, in hexadecimal digits. */
  readonly hash: string;
  readonly tenant: string;
  readonly purpose: OneTimePurpose;
  /** Whose it is; absent where that is not known yet. */
  readonly account?: string;
  /** What whoever made it wants to know when it is used. */
  readonly data: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

interface OneTimeTokenDocument extends Omit<OneTimeToken, 'hash'> {
  readonly _id: string;
  /** Names the request that used it. */
  readonly usedBy?: string;
}

const oneTimeTokenSchema = new Schema<OneTimeTokenDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    purpose: { type: String, enum: ONE_TIME_PURPOSES, required: true },
    account: { type: String },
    // Texts by name, written by the gateway alone.
    data: { type: Schema.Types.Mixed, required: true },
    expiresAt: { type: Date, required: true },
    usedBy: { type: String },
  },
  { collection: 'one_time_tokens', versionKey: false, strict: 'throw', minimize: false },
);
oneTimeTokenSchema.index({ expiresAt: 1 });
oneTimeTokenSchema.index({ tenant: 1, account: 1 });

/** How often what has expired is removed, by each process. */
const REMOVAL_MS = 60_000;

/** Tokens that are good for one use, by their hashes. A token says whose it is, so that a use names no tenant. */
@Injectable()
export class OneTimeTokenRepository implements OnModuleInit, LearnerData {
  readonly part = 'codes';
  readonly collections = ['one_time_tokens'];
  private readonly model: Model<OneTimeTokenDocument>;
  private removedAt = 0;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<OneTimeTokenDocument>('OneTimeToken', oneTimeTokenSchema);
  }

  /** Makes the collection and its index, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** Keeps a token, and now and then removes those that have expired. */
  async add({ hash, ...rest }: OneTimeToken, now = new Date()): Promise<void> {
    await this.removeExpired(now);
    try {
      await this.store.run(() => this.model.create({ _id: hash, ...rest }));
    } catch (error) {
      // An attempt whose answer was lost: no two tokens have one hash.
      if (!isDuplicate(error)) throw error;
    }
  }

  /**
   * Uses a token: of all who try, one may.
   * @param usedBy  names this try
   * @returns undefined where it is nobody's, for something else, used or expired
   */
  async use(
    hash: string,
    purposes: readonly OneTimePurpose[],
    usedBy: string,
    now = new Date(),
  ): Promise<OneTimeToken | undefined> {
    const filter = unused(hash, purposes, now);
    await this.store.run(() => this.model.updateOne(filter, { $set: { usedBy } }));
    return this.findOne({ _id: hash, usedBy });
  }

  /** A token that `use` would let on. */
  async find(
    hash: string,
    purposes: readonly OneTimePurpose[],
    now = new Date(),
  ): Promise<OneTimeToken | undefined> {
    return this.findOne(unused(hash, purposes, now));
  }

  /** What codes of mails and log-ins are for, without them. They are few: each soon expires. */
  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    const filter = { tenant, account: learner };
    const found = await this.store.run(() => this.model.find(filter).lean<OneTimeTokenDocument[]>());
    for (const { purpose, expiresAt } of found) yield { purpose, expiresAt };
  }

  async eraseLearner(tenant: string, learner: string): Promise<number> {
    return (await this.store.run(() => this.model.deleteMany({ tenant, account: learner }))).deletedCount;
  }

  private async findOne(filter: object): Promise<OneTimeToken | undefined> {
    const found = await this.store.run(() => this.model.findOne(filter).lean<OneTimeTokenDocument>());
    if (!found) return undefined;
    const { _id, usedBy: _, ...rest } = found;
    return { hash: _id, ...rest };
  }

  private async removeExpired(now: Date): Promise<void> {
    if (now.getTime() - this.removedAt < REMOVAL_MS) return;
    this.removedAt = now.getTime();
    await this.store.run(() => this.model.deleteMany({ expiresAt: { $lte: now } }));
  }
}

function unused(hash: string, purposes: readonly OneTimePurpose[], now: Date) {
  return {
    _id: hash,
    purpose: { $in: [...purposes] },
    usedBy: { $exists: false },
    expiresAt: { $gt: now },
  };
}
