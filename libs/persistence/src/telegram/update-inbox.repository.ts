import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import { isDuplicate, StoreConnection } from '../store-connection.js';
import { updateSchema, type HeldUpdate, type UpdateDocument } from './update-inbox.schema.js';

/** An update as it arrives. */
export interface ArrivedUpdate {
  readonly bot: string;
  readonly updateId: number;
  /** `BOT:user`; empty where it is nobody's. */
  readonly owner: string;
  readonly update: unknown;
}

/** Who works on an update, and until when it may be silent. */
export interface UpdateLease {
  readonly holder: string;
  readonly until: Date;
}

/** Telegram repeats an update for 24 hours at most; an id is remembered for longer. */
const REMEMBERED_MS = 48 * 3_600_000;

/** The updates of bots: kept before they are worked on, worked on by one replica at a time, taken over from one that died. */
@Injectable()
export class UpdateInboxRepository implements OnModuleInit {
  private readonly model: Model<UpdateDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<UpdateDocument>('TelegramUpdate', updateSchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** Keeps an update.
   *  @param lease  whoever works on it at once; without one any replica may
   *  @returns the update where the lease holds it; undefined where it is for others, or came before */
  async add(
    { bot, updateId, owner, update }: ArrivedUpdate,
    lease: UpdateLease | undefined,
    now = new Date(),
  ): Promise<HeldUpdate | undefined> {
    const id = `${bot}:${updateId}`;
    const document: UpdateDocument = {
      _id: id,
      bot,
      owner,
      update,
      state: 'open',
      holder: lease?.holder ?? '',
      leaseUntil: lease?.until ?? now,
      attempts: lease ? 1 : 0,
      receivedAt: now,
      expiresAt: new Date(now.getTime() + REMEMBERED_MS),
    };
    try {
      await this.store.run(() => this.model.create(document));
    } catch (error) {
      // A retry after a lost answer ends here too: then the sweep finds the update when its lease is over.
      if (isDuplicate(error)) return undefined;
      throw error;
    }
    return lease ? { id, update, attempts: 1 } : undefined;
  }

  /** Updates whose lease is over, the oldest first, for as many as the caller can work on.
   *  @returns those that the lease holds now: no two callers get the same */
  async claim(bot: string, lease: UpdateLease, limit: number, now = new Date()): Promise<HeldUpdate[]> {
    const due = await this.store.run(() =>
      this.model
        .find({ bot, state: 'open', leaseUntil: { $lte: now } })
        .sort({ receivedAt: 1 })
        .limit(limit)
        .lean<UpdateDocument[]>(),
    );
    const claimed: HeldUpdate[] = [];
    for (const { _id, update, holder, leaseUntil, attempts } of due) {
      const won = await this.store.run(() =>
        this.model.updateOne(
          { _id, state: 'open', holder, leaseUntil },
          { $set: { holder: lease.holder, leaseUntil: lease.until }, $inc: { attempts: 1 } },
        ),
      );
      if (won.modifiedCount === 1) claimed.push({ id: _id, update, attempts: attempts + 1 });
    }
    return claimed;
  }

  /** Moves the end of a lease: to work on, or to let others work on it from then on.
   *  @returns false where the update is done, deleted or in another's hands */
  async extend(id: string, { holder, until }: UpdateLease): Promise<boolean> {
    const extended = await this.store.run(() =>
      this.model.updateOne({ _id: id, holder, state: 'open' }, { $set: { leaseUntil: until } }),
    );
    return extended.matchedCount === 1;
  }

  /** Marks an update as done; its content goes. */
  async finish(id: string, holder: string): Promise<void> {
    await this.store.run(() =>
      this.model.updateOne(
        { _id: id, holder },
        { $set: { state: 'done', owner: '' }, $unset: { update: 1 } },
      ),
    );
  }

  /** How many updates of a bot wait or are worked on. */
  async countOpen(bot: string): Promise<number> {
    return this.store.run(() => this.model.countDocuments({ bot, state: 'open' }));
  }

  /** Deletes what is older than Telegram repeats it. */
  async deleteExpired(now = new Date()): Promise<void> {
    await this.store.run(() => this.model.deleteMany({ expiresAt: { $lte: now } }));
  }

  /** Deletes a user's open updates, but for the one being worked on. */
  async deleteOf(owner: string, except: string): Promise<void> {
    await this.store.run(() => this.model.deleteMany({ owner, _id: { $ne: except } }));
  }
}
