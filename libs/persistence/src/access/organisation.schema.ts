import { Schema } from 'mongoose';
import type { Limits } from '@parlance/contracts';

/** A tenant of the platform. */
export interface OrganisationRecord {
  /** The tenant's name, which stands in keys, subjects and tokens. */
  readonly id: string;
  readonly name: string;
  /** Whether learners may make accounts by themselves. */
  readonly signUp: boolean;
  /** Of the whole tenant, in the place of the installation's. */
  readonly limits?: Limits;
  /** Of each learner that has none of its own. */
  readonly learnerLimits?: Limits;
  /** Counts the changes; a change names the version that it is of. */
  readonly version: number;
  readonly createdAt: Date;
}

export interface OrganisationDocument extends Omit<OrganisationRecord, 'id'> {
  readonly _id: string;
}

export const organisationSchema = new Schema<OrganisationDocument>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    signUp: { type: Boolean, required: true },
    limits: { type: Schema.Types.Mixed },
    learnerLimits: { type: Schema.Types.Mixed },
    version: { type: Number, required: true },
    createdAt: { type: Date, required: true },
  },
  { collection: 'organisations', versionKey: false, strict: 'throw' },
);
