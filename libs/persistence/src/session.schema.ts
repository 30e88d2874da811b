import { Schema } from 'mongoose';

/** A conversation of one person. */
export interface SessionRecord {
  readonly id: string;
  readonly tenant: string;
  /** Sequence of the newest turn; 0 before the first. */
  readonly lastSequence: number;
  readonly createdAt: Date;
  readonly lastActiveAt: Date;
}

/** As stored: the id is the document's own. */
export interface SessionDocument extends Omit<SessionRecord, 'id'> {
  readonly _id: string;
}

export const sessionSchema = new Schema<SessionDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    lastSequence: { type: Number, required: true, default: 0 },
    createdAt: { type: Date, required: true },
    lastActiveAt: { type: Date, required: true },
  },
  { collection: 'sessions', versionKey: false, strict: 'throw' },
);
sessionSchema.index({ tenant: 1, lastActiveAt: -1 });
