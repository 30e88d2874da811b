import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import { AppError } from '@parlance/errors';
import { isDuplicate, StoreConnection } from '../store-connection.js';
import {
  organisationSchema,
  type OrganisationDocument,
  type OrganisationRecord,
} from './organisation.schema.js';

/** What may be changed of an organisation. */
export type OrganisationChange = Partial<
  Pick<OrganisationRecord, 'name' | 'signUp' | 'limits' | 'learnerLimits'>
>;

/** Organisations: each is a tenant. */
@Injectable()
export class OrganisationRepository implements OnModuleInit {
  private readonly model: Model<OrganisationDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<OrganisationDocument>('Organisation', organisationSchema);
  }

  /** Makes the collection, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** @returns the new organisation; undefined where its id belongs to another one */
  async create(id: string, name: string, now = new Date()): Promise<OrganisationRecord | undefined> {
    const document: OrganisationDocument = { _id: id, name, signUp: false, version: 1, createdAt: now };
    try {
      await this.store.run(() => this.model.create(document));
      return toRecord(document);
    } catch (error) {
      if (isDuplicate(error)) return undefined;
      throw error;
    }
  }

  async find(tenant: string): Promise<OrganisationRecord | undefined> {
    const found = await this.store.run(() =>
      this.model.findOne({ _id: tenant }).lean<OrganisationDocument>(),
    );
    return found ? toRecord(found) : undefined;
  }

  /** @throws AppError organisation.not_found */
  async get(tenant: string): Promise<OrganisationRecord> {
    const found = await this.find(tenant);
    if (!found) throw new AppError('organisation.not_found', 'There is no such organisation.');
    return found;
  }

  /** Organisations of all tenants by their ids, for whoever manages the installation. */
  async page(after: string | undefined, limit: number): Promise<OrganisationRecord[]> {
    const filter = after === undefined ? {} : { _id: { $gt: after } };
    const found = await this.store.run(() =>
      this.model.find(filter).sort({ _id: 1 }).limit(limit).lean<OrganisationDocument[]>(),
    );
    return found.map(toRecord);
  }

  /**
   * Changes what is given, where the organisation still has the version.
   * @throws AppError organisation.not_found, request.conflict with the version that it has now
   */
  async update(tenant: string, version: number, change: OrganisationChange): Promise<OrganisationRecord> {
    const changed = await this.store.run(() =>
      this.model.updateOne({ _id: tenant, version }, { $set: change, $inc: { version: 1 } }),
    );
    const now = await this.get(tenant);
    if (changed.matchedCount === 1) return now;
    throw new AppError('request.conflict', `The organisation has version ${now.version} now: read it again.`);
  }
}

function toRecord({ _id, ...rest }: OrganisationDocument): OrganisationRecord {
  return { id: _id, ...rest };
}
