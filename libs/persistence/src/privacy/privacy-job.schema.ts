import { Schema } from 'mongoose';

export const PRIVACY_JOB_KINDS = ['export', 'erasure'] as const;
export type PrivacyJobKind = (typeof PRIVACY_JOB_KINDS)[number];

/** `verifying`: everything is removed, and looked for again once late writers have ended. */
export const PRIVACY_JOB_STATES = ['queued', 'running', 'verifying', 'done', 'failed', 'expired'] as const;
export type PrivacyJobState = (typeof PRIVACY_JOB_STATES)[number];

/** An export or an erasure of a learner's data. */
export interface PrivacyJobRecord {
  readonly id: string;
  readonly tenant: string;
  readonly kind: PrivacyJobKind;
  /** Whose data; absent once an erasure is done. */
  readonly user?: string;
  /** The learner's pseudonym, which stays: it keeps late writers out. */
  readonly pseudonym: string;
  readonly state: PrivacyJobState;
  /** How often it was begun. */
  readonly attempts: number;
  /** Not worked on before. */
  readonly dueAt: Date;
  /** How much each part had. */
  readonly parts: Readonly<Record<string, number>>;
  /** Sessions that were removed, while they are looked for again. */
  readonly sessions: readonly string[];
  /** The file of an export. */
  readonly file?: { readonly key: string; readonly bytes: number };
  /** Code of the fault that ended it. */
  readonly fault?: string;
  readonly createdAt: Date;
  readonly finishedAt?: Date;
  /** When the file is removed; until when the learner stays blocked. */
  readonly expiresAt?: Date;
}

export interface PrivacyJobDocument extends Omit<PrivacyJobRecord, 'id'> {
  readonly _id: string;
  /** Whether somebody has to work on it. */
  readonly isOpen: boolean;
  readonly holder: string;
  readonly leaseUntil: Date;
}

const plain = { type: Schema.Types.Mixed };

export const privacyJobSchema = new Schema<PrivacyJobDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    kind: { type: String, enum: PRIVACY_JOB_KINDS, required: true },
    user: { type: String },
    pseudonym: { type: String, required: true },
    state: { type: String, enum: PRIVACY_JOB_STATES, required: true },
    attempts: { type: Number, required: true },
    dueAt: { type: Date, required: true },
    parts: plain,
    sessions: { type: [String], required: true },
    file: plain,
    fault: { type: String },
    createdAt: { type: Date, required: true },
    finishedAt: { type: Date },
    expiresAt: { type: Date },
    isOpen: { type: Boolean, required: true },
    holder: { type: String, default: '' },
    leaseUntil: { type: Date, required: true },
  },
  { collection: 'privacy_jobs', versionKey: false, strict: 'throw', minimize: false },
);
privacyJobSchema.index({ isOpen: 1, dueAt: 1 });
privacyJobSchema.index({ tenant: 1, pseudonym: 1, kind: 1, _id: -1 });
privacyJobSchema.index({ kind: 1, state: 1, expiresAt: 1 });
