import { Schema } from 'mongoose';
import { KEY_ROLES, SCOPES, type Limits, type Scope } from '@parlance/contracts';

/** A tenant's API key as kept: never the key itself. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly tenant: string;
  /** The part of the key that everybody may see; unique. */
  readonly prefix: string;
  /** SHA-256 of the whole key, in hexadecimal digits. */
  readonly hash: string;
  readonly name: string;
  readonly role: (typeof KEY_ROLES)[number];
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
  /** Within a minute. */
  readonly lastUsedAt?: Date;
  /** Id of the key that was made in its stead. */
  readonly replacedBy?: string;
  readonly limits?: Limits;
  /** Counts the changes of name and limits; absent: 1. */
  readonly version?: number;
}

export interface ApiKeyDocument extends Omit<ApiKeyRecord, 'id'> {
  readonly _id: string;
}

export const apiKeySchema = new Schema<ApiKeyDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    prefix: { type: String, required: true },
    hash: { type: String, required: true },
    name: { type: String, required: true },
    role: { type: String, enum: KEY_ROLES, required: true },
    scopes: { type: [{ type: String, enum: SCOPES }], required: true },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date },
    revokedAt: { type: Date },
    lastUsedAt: { type: Date },
    replacedBy: { type: String },
    limits: { type: Schema.Types.Mixed },
    version: { type: Number },
  },
  { collection: 'api_keys', versionKey: false, strict: 'throw' },
);
apiKeySchema.index({ prefix: 1 }, { unique: true });
apiKeySchema.index({ tenant: 1, _id: -1 });
