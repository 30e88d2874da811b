import { Schema } from 'mongoose';
import { ROLES, type LearnerProfile, type Role } from '@parlance/contracts';

/** A person's account with a tenant. */
export interface AccountRecord {
  /** Names the person as a user: in tokens and sessions. */
  readonly id: string;
  readonly tenant: string;
  /** In lower case; unique within the tenant. */
  readonly email: string;
  /** By argon2id, with its parameters; absent where the organisation's own provider logs the person in. */
  readonly passwordHash?: string;
  /** When the person showed that the address is theirs. */
  readonly emailVerifiedAt?: Date;
  /** SHA-256 of tenant, issuer and subject by which an OpenID provider names the person. */
  readonly identity?: string;
  /** That provider's issuer, and the address that it gave last; absent of accounts that have not logged in since these are kept. */
  readonly identityIssuer?: string;
  readonly identityEmail?: string;
  /** What the picture in the object store is; absent where there is none. */
  readonly pictureType?: string;
  readonly role: Role;
  readonly profile: LearnerProfile;
  /** Access tokens of an earlier generation are refused. */
  readonly generation: number;
  /** Counts the changes of the profile. */
  readonly version: number;
  readonly createdAt: Date;
}

/** What a token is judged by. */
export type AccountState = Pick<AccountRecord, 'role' | 'generation'>;

/** How a provider names a person. */
export interface LinkedIdentity {
  /** As the record has it. */
  readonly identity: string;
  readonly issuer: string;
  readonly email: string;
}

export interface AccountDocument extends Omit<AccountRecord, 'id'> {
  readonly _id: string;
}

export const accountSchema = new Schema<AccountDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    email: { type: String, required: true },
    passwordHash: { type: String },
    emailVerifiedAt: { type: Date },
    identity: { type: String },
    identityIssuer: { type: String },
    identityEmail: { type: String },
    pictureType: { type: String },
    role: { type: String, enum: ROLES, required: true },
    // Validated by the contract's schema when it arrives.
    profile: { type: Schema.Types.Mixed, required: true },
    generation: { type: Number, required: true },
    version: { type: Number, required: true },
    createdAt: { type: Date, required: true },
  },
  { collection: 'accounts', versionKey: false, strict: 'throw', minimize: false },
);
accountSchema.index({ tenant: 1, email: 1 }, { unique: true });
accountSchema.index({ identity: 1 }, { unique: true, sparse: true });
accountSchema.index({ tenant: 1, identityEmail: 1 });
// Pages of the people of a tenant.
accountSchema.index({ tenant: 1, _id: 1 });
