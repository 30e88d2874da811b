import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import { isDuplicate, StoreConnection } from '../store-connection.js';
import {
  practiceAttemptSchema,
  practiceUserSchema,
  type PracticeAttempt,
  type PracticeAttemptDocument,
  type PracticeResult,
  type PracticeUser,
  type PracticeUserDocument,
} from './practice.schema.js';

/** A step of an attempt that follows its result. */
export type PracticeStep = 'told' | 'spoken';

/** Attempts that count: those with a result. */
const WITH_RESULT = { result: { $exists: true } } as const;

/** Telegram users and their answers to exam tasks. Each change does nothing the second time. */
@Injectable()
export class PracticeRepository implements OnModuleInit {
  private readonly users: Model<PracticeUserDocument>;
  private readonly attempts: Model<PracticeAttemptDocument>;

  constructor(private readonly store: StoreConnection) {
    this.users = store.raw.model<PracticeUserDocument>('TelegramUser', practiceUserSchema);
    this.attempts = store.raw.model<PracticeAttemptDocument>('TelegramAttempt', practiceAttemptSchema);
  }

  /** Makes the collections and their indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.users);
    await this.store.prepare(this.attempts);
  }

  async findUser(id: string): Promise<PracticeUser | undefined> {
    const found = await this.store.run(() => this.users.findOne({ _id: id }).lean<PracticeUserDocument>());
    return found ? toUser(found) : undefined;
  }

  /** The user as kept; a new one is kept as given. */
  async openUser(user: PracticeUser, now = new Date()): Promise<PracticeUser> {
    const { id, ...rest } = user;
    const kept = await this.findUser(id);
    if (kept) return kept;
    try {
      await this.store.run(() => this.users.create({ _id: id, ...rest, createdAt: now }));
      return user;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return (await this.findUser(id)) ?? user;
    }
  }

  async changeUser(
    id: string,
    change: Partial<Pick<PracticeUser, 'language' | 'timeZone' | 'task'>>,
  ): Promise<void> {
    await this.store.run(() => this.users.updateOne({ _id: id }, { $set: change }));
  }

  /** Begins an attempt; one that was begun already stays as it is. @returns the attempt as it stands */
  async begin(attempt: Pick<PracticeAttempt, 'id' | 'owner' | 'task' | 'day'>, now = new Date()) {
    const { id, ...rest } = attempt;
    const document: PracticeAttemptDocument = {
      _id: id,
      ...rest,
      createdAt: now,
      told: false,
      spoken: false,
    };
    try {
      await this.store.run(() => this.attempts.create(document));
      return toAttempt(document);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    const begun = await this.store.run(() =>
      this.attempts.findOne({ _id: id }).lean<PracticeAttemptDocument>(),
    );
    return toAttempt(begun ?? document);
  }

  /** Keeps the result; the first one stays. */
  async recordResult(id: string, result: PracticeResult): Promise<void> {
    await this.store.run(() =>
      this.attempts.updateOne({ _id: id, result: { $exists: false } }, { $set: { result } }),
    );
  }

  async markDone(id: string, step: PracticeStep): Promise<void> {
    await this.store.run(() => this.attempts.updateOne({ _id: id }, { $set: { [step]: true } }));
  }

  /** Attempts with a result, the newest first. */
  async history(
    owner: string,
    { skip, limit }: { readonly skip: number; readonly limit: number },
  ): Promise<PracticeAttempt[]> {
    const found = await this.store.run(() =>
      this.attempts
        .find({ owner, ...WITH_RESULT })
        .sort({ createdAt: -1 })
        .skip(skip)
        .limit(limit)
        .lean<PracticeAttemptDocument[]>(),
    );
    return found.map(toAttempt);
  }

  async count(owner: string): Promise<number> {
    return this.store.run(() => this.attempts.countDocuments({ owner, ...WITH_RESULT }));
  }

  /** The days on which the user answered, in any order, each once. */
  async days(owner: string): Promise<string[]> {
    return this.store.run(() => this.attempts.distinct('day', { owner, ...WITH_RESULT }));
  }

  /** Ids of the tasks that the user has answered. */
  async tasksDone(owner: string): Promise<string[]> {
    return this.store.run(() => this.attempts.distinct('task', { owner, ...WITH_RESULT }));
  }

  /** Deletes a user and all their attempts. */
  async deleteUser(id: string): Promise<void> {
    await this.store.run(() => this.attempts.deleteMany({ owner: id }));
    await this.store.run(() => this.users.deleteOne({ _id: id }));
  }
}

function toUser({ _id, language, timeZone, task }: PracticeUserDocument): PracticeUser {
  return { id: _id, language, timeZone, ...(task === undefined ? {} : { task }) };
}

function toAttempt({ _id, ...rest }: PracticeAttemptDocument): PracticeAttempt {
  return { id: _id, ...rest };
}
