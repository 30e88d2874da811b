import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { LearnerProfile, Role } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { isDuplicate, StoreConnection } from '../store-connection.js';
import {
  accountSchema,
  type AccountDocument,
  type AccountRecord,
  type AccountState,
  type LinkedIdentity,
} from './account.schema.js';

/** Accounts of people. Every question names the tenant. */
@Injectable()
export class AccountRepository implements OnModuleInit {
  private readonly model: Model<AccountDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<AccountDocument>('Account', accountSchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** @throws AppError account.exists where the tenant has an account of this address */
  async create({ id, ...rest }: AccountRecord): Promise<void> {
    try {
      await this.store.run(() => this.model.create({ _id: id, ...rest }));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new AppError('account.exists', 'There is an account of this e-mail address already: log in.');
    }
  }

  async findByEmail(tenant: string, email: string): Promise<AccountRecord | undefined> {
    return this.findOne({ tenant, email });
  }

  /** @param identity  as the record has it */
  async findByIdentity(tenant: string, identity: string): Promise<AccountRecord | undefined> {
    return this.findOne({ tenant, identity });
  }

  async find(tenant: string, id: string): Promise<AccountRecord | undefined> {
    return this.findOne({ _id: id, tenant });
  }

  /** @throws AppError account.not_found */
  async get(tenant: string, id: string): Promise<AccountRecord> {
    const found = await this.find(tenant, id);
    if (!found) throw new AppError('account.not_found', 'There is no such account.');
    return found;
  }

  async findState(tenant: string, id: string): Promise<AccountState | undefined> {
    const found = await this.store.run(() =>
      this.model.findOne({ _id: id, tenant }, { role: 1, generation: 1 }).lean<AccountState>(),
    );
    return found ?? undefined;
  }

  /**
   * Changes the profile, where it still has the version.
   * @throws AppError account.not_found, request.conflict with the version that it has now
   */
  async updateProfile(
    tenant: string,
    id: string,
    version: number,
    change: Partial<LearnerProfile>,
  ): Promise<AccountRecord> {
    const fields = Object.entries(change).filter(([, value]) => value !== undefined);
    const changes = Object.fromEntries(fields.map(([name, value]) => [`profile.${name}`, value]));
    const changed = await this.store.run(() =>
      this.model.updateOne(
        { _id: id, tenant, version },
        { $inc: { version: 1 }, ...(fields.length > 0 ? { $set: changes } : {}) },
      ),
    );
    const now = await this.get(tenant, id);
    if (changed.matchedCount === 1) return now;
    throw new AppError('request.conflict', `The profile has version ${now.version} now: read it again.`);
  }

  /** Ends every access token there is, and changes the password where one is given. */
  async endTokens(tenant: string, id: string, passwordHash?: string): Promise<void> {
    const change = {
      $inc: { generation: 1 },
      ...(passwordHash === undefined ? {} : { $set: { passwordHash } }),
    };
    await this.store.run(() => this.model.updateOne({ _id: id, tenant }, change));
  }

  /** Notes that the address is the person's, where it still is the account's. */
  async verifyEmail(tenant: string, id: string, email: string, now = new Date()): Promise<boolean> {
    const verified = await this.store.run(() =>
      this.model.updateOne({ _id: id, tenant, email }, { $set: { emailVerifiedAt: now } }),
    );
    return verified.matchedCount === 1;
  }

  /**
   * Changes a verified address to another one, where it still is `from`.
   * @returns whether it was changed
   * @throws AppError account.exists where the tenant has another account of that address
   */
  async changeEmail(
    tenant: string,
    id: string,
    { from, to }: { readonly from: string; readonly to: string },
    now = new Date(),
  ): Promise<boolean> {
    try {
      const changed = await this.store.run(() =>
        this.model.updateOne(
          { _id: id, tenant, email: from },
          { $set: { email: to, emailVerifiedAt: now }, $inc: { version: 1 } },
        ),
      );
      return changed.matchedCount === 1;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new AppError('account.exists', 'There is an account of this e-mail address already.');
    }
  }

  /**
   * Makes the account an OpenID provider's person's, and nobody else's: a password that somebody set before goes, and every access token
   * ends. Its address counts as verified.
   * @param before  whose it was, as far as the caller knows; undefined: no such person's
   * @returns whether it was; else somebody else was first
   */
  async link(
    tenant: string,
    id: string,
    { identity, issuer, email }: LinkedIdentity,
    before: string | undefined,
    now = new Date(),
  ): Promise<boolean> {
    const change = {
      $set: { identity, identityIssuer: issuer, identityEmail: email, emailVerifiedAt: now },
      $unset: { passwordHash: 1 as const },
      $inc: { generation: 1 },
    };
    const filter = { _id: id, tenant, identity: before ?? { $exists: false } };
    const linked = await this.store.run(() => this.model.updateOne(filter, change));
    return linked.matchedCount === 1;
  }

  /** Notes by which issuer and address the account's provider named the person just now. */
  async noteIdentity(tenant: string, id: string, { identity, issuer, email }: LinkedIdentity): Promise<void> {
    const change = { $set: { identityIssuer: issuer, identityEmail: email } };
    await this.store.run(() => this.model.updateOne({ _id: id, tenant, identity }, change));
  }

  /** Accounts of which an OpenID provider gave this address last, at most two. */
  async findByIdentityEmail(tenant: string, email: string): Promise<AccountRecord[]> {
    const found = await this.store.run(() =>
      this.model.find({ tenant, identityEmail: email }).limit(2).lean<AccountDocument[]>(),
    );
    return found.map(toRecord);
  }

  async setRole(tenant: string, id: string, role: Role): Promise<void> {
    await this.store.run(() => this.model.updateOne({ _id: id, tenant }, { $set: { role } }));
  }

  /** @param type  undefined where there is no picture any more */
  async setPictureType(tenant: string, id: string, type: string | undefined): Promise<void> {
    const change = type === undefined ? { $unset: { pictureType: 1 } } : { $set: { pictureType: type } };
    await this.store.run(() => this.model.updateOne({ _id: id, tenant }, change));
  }

  /** The account is gone; nothing where there is none. @returns how many there were */
  async delete(tenant: string, id: string): Promise<number> {
    return (await this.store.run(() => this.model.deleteOne({ _id: id, tenant }))).deletedCount;
  }

  private async findOne(filter: Partial<AccountDocument> & { tenant: string }) {
    const found = await this.store.run(() => this.model.findOne(filter).lean<AccountDocument>());
    return found ? toRecord(found) : undefined;
  }
}

function toRecord({ _id, ...rest }: AccountDocument): AccountRecord {
  return { id: _id, ...rest };
}
