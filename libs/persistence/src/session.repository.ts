import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import { AppError } from '@parlance/errors';
import { sessionSchema, type SessionDocument, type SessionRecord } from './session.schema.js';
import { isDuplicate, StoreConnection } from './store-connection.js';

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
   *  @throws AppError session.not_found when the id belongs to someone else */
  async create(tenant: string, id: string, now = new Date()): Promise<SessionRecord> {
    const session: SessionDocument = { _id: id, tenant, lastSequence: 0, createdAt: now, lastActiveAt: now };
    try {
      await this.store.run(() => this.model.create(session));
      return toRecord(session);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return this.get(tenant, id);
    }
  }

  async find(tenant: string, id: string): Promise<SessionRecord | undefined> {
    const found = await this.store.run(() => this.model.findOne({ _id: id, tenant }).lean<SessionDocument>());
    return found ? toRecord(found) : undefined;
  }

  /** @throws AppError session.not_found */
  async get(tenant: string, id: string): Promise<SessionRecord> {
    const found = await this.find(tenant, id);
    if (!found) throw notFound();
    return found;
  }

  /** Takes the next place in the session, starting with 1; no two callers get the same. A crash after it leaves a gap.
   *  @throws AppError session.not_found */
  async nextTurnSequence(tenant: string, id: string, now = new Date()): Promise<number> {
    const counted = await this.store.run(() =>
      this.model
        .findOneAndUpdate(
          { _id: id, tenant },
          { $inc: { lastSequence: 1 }, $set: { lastActiveAt: now } },
          // The stand-in hands out its live document for `after`, which a rival may have counted up by then.
          { returnDocument: 'before' },
        )
        .lean<SessionDocument>(),
    );
    if (!counted) throw notFound();
    return counted.lastSequence + 1;
  }
}

function notFound(): AppError {
  return new AppError('session.not_found', 'There is no such session.');
}

function toRecord({ _id, tenant, lastSequence, createdAt, lastActiveAt }: SessionDocument): SessionRecord {
  return { id: _id, tenant, lastSequence, createdAt, lastActiveAt };
}
