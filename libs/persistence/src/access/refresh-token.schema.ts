import { Schema } from 'mongoose';

/** One log-in of an account: the refresh tokens that follow one another from it. */
export interface RefreshFamilyDocument {
  readonly _id: string;
  readonly tenant: string;
  readonly account: string;
  readonly generation: number;
  readonly authenticatedAt?: Date;
  readonly expiresAt: Date;
  readonly revokedAt?: Date;
}

/** A refresh token: good for one use. */
export interface RefreshTokenDocument {
  /** SHA-256 of the token, in hexadecimal digits. */
  readonly _id: string;
  readonly family: string;
  readonly tenant: string;
  readonly account: string;
  readonly generation: number;
  readonly authenticatedAt?: Date;
  readonly expiresAt: Date;
  /** Names the request that used it. */
  readonly usedBy?: string;
}

const owner = {
  tenant: { type: String, required: true },
  account: { type: String, required: true },
  /** Of the account when the log-in was begun. */
  generation: { type: Number, required: true },
  authenticatedAt: { type: Date },
  expiresAt: { type: Date, required: true },
} as const;

export const refreshFamilySchema = new Schema<RefreshFamilyDocument>(
  { _id: { type: String, required: true }, ...owner, revokedAt: { type: Date } },
  { collection: 'refresh_families', versionKey: false, strict: 'throw' },
);
refreshFamilySchema.index({ tenant: 1, account: 1 });
refreshFamilySchema.index({ expiresAt: 1 });

export const refreshTokenSchema = new Schema<RefreshTokenDocument>(
  {
    _id: { type: String, required: true },
    family: { type: String, required: true },
    ...owner,
    usedBy: { type: String },
  },
  { collection: 'refresh_tokens', versionKey: false, strict: 'throw' },
);
refreshTokenSchema.index({ tenant: 1, account: 1 });
refreshTokenSchema.index({ expiresAt: 1 });
