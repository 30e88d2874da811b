import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import { AppError } from '@parlance/errors';
import { StoreConnection } from '../store-connection.js';
import { apiKeySchema, type ApiKeyDocument, type ApiKeyRecord } from './api-key.schema.js';

/** API keys of tenants. Every question but `findByPrefix` names the tenant. */
@Injectable()
export class ApiKeyRepository implements OnModuleInit {
  private readonly model: Model<ApiKeyDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<ApiKeyDocument>('ApiKey', apiKeySchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  async create({ id, ...rest }: ApiKeyRecord): Promise<void> {
    await this.store.run(() => this.model.create({ _id: id, ...rest }));
  }

  /** The key that a caller claims to have: it says who the tenant is, so that none is named here. */
  async findByPrefix(prefix: string): Promise<ApiKeyRecord | undefined> {
    const found = await this.store.run(() => this.model.findOne({ prefix }).lean<ApiKeyDocument>());
    return found ? toRecord(found) : undefined;
  }

  /** @throws AppError key.not_found */
  async get(tenant: string, id: string): Promise<ApiKeyRecord> {
    const found = await this.store.run(() => this.model.findOne({ _id: id, tenant }).lean<ApiKeyDocument>());
    if (!found) throw new AppError('key.not_found', 'There is no such key.');
    return toRecord(found);
  }

  /** Newest first, those that are revoked or have expired included. @param before  an id */
  async page(tenant: string, before: string | undefined, limit: number): Promise<ApiKeyRecord[]> {
    const filter = { tenant, ...(before === undefined ? {} : { _id: { $lt: before } }) };
    const found = await this.store.run(() =>
      this.model.find(filter).sort({ _id: -1 }).limit(limit).lean<ApiKeyDocument[]>(),
    );
    return found.map(toRecord);
  }

  /** How many of the tenant's keys are not revoked. */
  async count(tenant: string): Promise<number> {
    return this.store.run(() => this.model.countDocuments({ tenant, revokedAt: { $exists: false } }));
  }

  /**
   * Changes what is given, where the key still has the version.
   * @throws AppError key.not_found, request.conflict with the version that it has now
   */
  async update(
    tenant: string,
    id: string,
    version: number,
    change: Partial<Pick<ApiKeyRecord, 'name' | 'limits'>>,
  ): Promise<ApiKeyRecord> {
    // Keys of earlier releases have none.
    const standing = version === 1 ? { $in: [1, null] } : version;
    const changed = await this.store.run(() =>
      this.model.updateOne(
        { _id: id, tenant, version: standing },
        { $set: { ...change, version: version + 1 } },
      ),
    );
    const now = await this.get(tenant, id);
    if (changed.matchedCount === 1) return now;
    throw new AppError('request.conflict', `The key has version ${now.version ?? 1} now: read it again.`);
  }

  /** Revokes a key; one that is revoked already stays as it is. */
  async revoke(tenant: string, id: string, now = new Date()): Promise<void> {
    const filter = { _id: id, tenant, revokedAt: { $exists: false } };
    await this.store.run(() => this.model.updateOne(filter, { $set: { revokedAt: now } }));
  }

  /** Names the key's successor, and when the key ends: of several callers one does. @returns whether this one did */
  async replace(tenant: string, id: string, replacedBy: string, expiresAt: Date): Promise<boolean> {
    const filter = {
      _id: id,
      tenant,
      revokedAt: { $exists: false },
      // As `replacedBy: { $exists: false }`, and true of an attempt of this caller's own whose answer was lost.
      $or: [{ replacedBy: { $exists: false } }, { replacedBy }],
    };
    const replaced = await this.store.run(() =>
      this.model.updateOne(filter, { $set: { replacedBy, expiresAt } }),
    );
    return replaced.matchedCount === 1;
  }

  /** Notes a use, unless one was noted within the interval. */
  async recordUse(tenant: string, id: string, now: Date, intervalMs: number): Promise<void> {
    const since = new Date(now.getTime() - intervalMs);
    const filter = {
      _id: id,
      tenant,
      $or: [{ lastUsedAt: { $exists: false } }, { lastUsedAt: { $lte: since } }],
    };
    await this.store.run(() => this.model.updateOne(filter, { $set: { lastUsedAt: now } }));
  }
}

function toRecord({ _id, ...rest }: ApiKeyDocument): ApiKeyRecord {
  return { id: _id, ...rest };
}
