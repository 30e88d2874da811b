import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import { USUAL_PRIVACY, type PrivacySettings } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { isDuplicate, StoreConnection } from '../store-connection.js';

/** A tenant's settings of privacy. */
export interface PrivacySettingsRecord extends PrivacySettings {
  readonly tenant: string;
  /** Hides whom pseudonyms are of; made once. */
  readonly salt: string;
  /** Counts the changes; a change names the version that it is of. */
  readonly version: number;
}

interface PrivacySettingsDocument extends Omit<PrivacySettingsRecord, 'tenant'> {
  readonly _id: string;
  /** Whether anything of the tenant is removed by its age. */
  readonly hasRetention: boolean;
}

const settingsSchema = new Schema<PrivacySettingsDocument>(
  {
    _id: { type: String, required: true },
    salt: { type: String, required: true },
    version: { type: Number, required: true },
    recordingConsentRequired: { type: Boolean, required: true },
    retentionDays: { type: Schema.Types.Mixed, required: true },
    hasRetention: { type: Boolean, required: true },
  },
  { collection: 'privacy_settings', versionKey: false, strict: 'throw', minimize: false },
);
settingsSchema.index({ hasRetention: 1, _id: 1 });

const SALT_BYTES = 32;

/** How tenants treat what they have of their learners. */
@Injectable()
export class PrivacySettingsRepository implements OnModuleInit {
  private readonly model: Model<PrivacySettingsDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<PrivacySettingsDocument>('PrivacySettings', settingsSchema);
  }

  /** Makes the collection and its index, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** The tenant's settings; the usual ones, with a salt, where it has none yet. */
  async open(tenant: string): Promise<PrivacySettingsRecord> {
    const kept = await this.find(tenant);
    if (kept) return kept;
    const salt = randomBytes(SALT_BYTES).toString('base64url');
    const document = { _id: tenant, salt, version: 1, ...USUAL_PRIVACY, hasRetention: false };
    try {
      await this.store.run(() => this.model.create(document));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    // Of two who make them one does, or an answer was lost: what stands counts.
    return (await this.find(tenant)) ?? toRecord(document);
  }

  /**
   * Replaces what is given, where the settings still have the version.
   * @throws AppError request.conflict with the version that they have now
   */
  async update(
    tenant: string,
    version: number,
    change: Partial<PrivacySettings>,
  ): Promise<PrivacySettingsRecord> {
    const { retentionDays } = change;
    const hasRetention = retentionDays && Object.values(retentionDays).some((days) => days !== null);
    await this.open(tenant);
    const changed = await this.store.run(() =>
      this.model.updateOne(
        { _id: tenant, version },
        {
          $inc: { version: 1 },
          ...(Object.keys(change).length > 0
            ? { $set: { ...change, ...(hasRetention === undefined ? {} : { hasRetention }) } }
            : {}),
        },
      ),
    );
    const now = await this.open(tenant);
    if (changed.matchedCount === 1) return now;
    throw new AppError('request.conflict', `The settings have version ${now.version} now: read them again.`);
  }

  /** Settings of all tenants that have something removed by its age, by their names. */
  async withRetention(after: string | undefined, limit: number): Promise<PrivacySettingsRecord[]> {
    const filter = { hasRetention: true, ...(after === undefined ? {} : { _id: { $gt: after } }) };
    const found = await this.store.run(() =>
      this.model.find(filter).sort({ _id: 1 }).limit(limit).lean<PrivacySettingsDocument[]>(),
    );
    return found.map(toRecord);
  }

  private async find(tenant: string): Promise<PrivacySettingsRecord | undefined> {
    const found = await this.store.run(() =>
      this.model.findOne({ _id: tenant }).lean<PrivacySettingsDocument>(),
    );
    return found ? toRecord(found) : undefined;
  }
}

function toRecord({ _id, hasRetention: _, ...rest }: PrivacySettingsDocument): PrivacySettingsRecord {
  return { tenant: _id, ...rest };
}
