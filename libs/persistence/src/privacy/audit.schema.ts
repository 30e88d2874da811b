import { Schema } from 'mongoose';
import type { AuditEntry } from '@parlance/contracts';

export interface AuditDocument extends AuditEntry {
  /** `TENANT:NUMBER`. */
  readonly _id: string;
  /** As `at`, to be compared. */
  readonly time: Date;
}

const plain = { type: Schema.Types.Mixed };

export const auditSchema = new Schema<AuditDocument>(
  {
    _id: { type: String, required: true },
    id: { type: String, required: true },
    tenant: { type: String, required: true },
    number: { type: Number, required: true },
    at: { type: String, required: true },
    time: { type: Date, required: true },
    actor: plain,
    action: { type: String, required: true },
    target: plain,
    // An empty address is one, too.
    address: { type: String, default: '' },
    details: plain,
    previous: { type: String, required: true },
    hash: { type: String, required: true },
  },
  { collection: 'audit', versionKey: false, strict: 'throw', minimize: false, id: false },
);
// What makes replicas that append at once keep one chain.
auditSchema.index({ tenant: 1, number: 1 }, { unique: true });
auditSchema.index({ tenant: 1, action: 1, number: 1 });
auditSchema.index({ tenant: 1, 'actor.subject': 1, number: 1 });
auditSchema.index({ tenant: 1, 'target.id': 1, number: 1 });
