import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import type { Role } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { isDuplicate, StoreConnection } from '../store-connection.js';

/** How people of an organisation log in by its own OpenID provider. */
export interface IdentityProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** The client's secret, encrypted. */
  readonly encryptedSecret: string;
  /** Of e-mail addresses that may log in, in lower case. */
  readonly domains: readonly string[];
  /** Whether addresses count as verified of which the provider does not say so. */
  readonly trustsAddresses: boolean;
  /** The claim whose values are roles by `roles`. */
  readonly roleClaim: string;
  readonly roles: readonly { readonly value: string; readonly role: Role }[];
  /** Of who has none of those values. */
  readonly defaultRole: Role;
  /** Addresses of front ends that people are sent back to. */
  readonly redirects: readonly string[];
  /** The issuer before this one, whose people are known by their addresses for a while. */
  readonly movedFrom?: { readonly issuer: string; readonly until: Date } | null;
}

export interface IdentityProviderRecord extends IdentityProviderSettings {
  readonly tenant: string;
  /** Counts the changes; a change names the version that it is of. */
  readonly version: number;
  readonly updatedAt: Date;
}

interface IdentityProviderDocument extends Omit<IdentityProviderRecord, 'tenant'> {
  /** The tenant, which has one provider. */
  readonly _id: string;
}

const text = { type: String, required: true } as const;
const identityProviderSchema = new Schema<IdentityProviderDocument>(
  {
    _id: text,
    issuer: text,
    clientId: text,
    encryptedSecret: text,
    domains: { type: [String], required: true },
    trustsAddresses: { type: Boolean, required: true },
    roleClaim: text,
    roles: { type: [{ _id: false, value: text, role: text }], required: true },
    defaultRole: text,
    redirects: { type: [String], required: true },
    movedFrom: {
      type: { _id: false, issuer: text, until: { type: Date, required: true } },
      default: undefined,
    },
    version: { type: Number, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: 'identity_providers', versionKey: false, strict: 'throw' },
);

/** OpenID providers of organisations: one each. */
@Injectable()
export class IdentityProviderRepository implements OnModuleInit {
  private readonly model: Model<IdentityProviderDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<IdentityProviderDocument>('IdentityProvider', identityProviderSchema);
  }

  /** Makes the collection, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  async find(tenant: string): Promise<IdentityProviderRecord | undefined> {
    const found = await this.store.run(() =>
      this.model.findOne({ _id: tenant }).lean<IdentityProviderDocument>(),
    );
    if (!found) return undefined;
    const { _id, ...rest } = found;
    return { tenant: _id, ...rest };
  }

  /**
   * Keeps settings in the stead of those of a version.
   * @param version  0 where there are none yet
   * @throws AppError request.conflict with the version that there is now
   */
  async put(
    tenant: string,
    version: number,
    settings: IdentityProviderSettings,
    now = new Date(),
  ): Promise<IdentityProviderRecord> {
    const document = { ...settings, version: version + 1, updatedAt: now };
    if (await this.write(tenant, version, document)) return { tenant, ...document };
    const current = await this.find(tenant);
    throw new AppError(
      'request.conflict',
      `The settings have version ${current?.version ?? 0} now: read them again.`,
    );
  }

  /** Removing what is not there is no fault. */
  async remove(tenant: string): Promise<void> {
    await this.store.run(() => this.model.deleteOne({ _id: tenant }));
  }

  private async write(
    tenant: string,
    version: number,
    document: Omit<IdentityProviderDocument, '_id'>,
  ): Promise<boolean> {
    if (version > 0) {
      const filter = { _id: tenant, version };
      const changed = await this.store.run(() => this.model.updateOne(filter, { $set: document }));
      return changed.matchedCount === 1;
    }
    try {
      await this.store.run(() => this.model.create({ _id: tenant, ...document }));
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }
}
