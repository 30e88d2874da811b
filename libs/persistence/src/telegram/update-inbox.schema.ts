import { Schema } from 'mongoose';

/** An update of a bot that a replica works on now. */
export interface HeldUpdate {
  readonly id: string;
  /** As Telegram sent it. */
  readonly update: unknown;
  /** How often it was begun, this time included. */
  readonly attempts: number;
}

/** As stored. The id is `BOT:update_id`, so that an update is kept once, however often it comes. */
export interface UpdateDocument {
  readonly _id: string;
  readonly bot: string;
  /** Whose update it is, `BOT:user`; empty where nobody's. */
  readonly owner: string;
  /** Removed when it is done: only its id is needed then. */
  readonly update?: unknown;
  readonly state: 'open' | 'done';
  /** The replica that works on it, until its lease is over. */
  readonly holder: string;
  readonly leaseUntil: Date;
  readonly attempts: number;
  readonly receivedAt: Date;
  readonly expiresAt: Date;
}

export const updateSchema = new Schema<UpdateDocument>(
  {
    _id: { type: String, required: true },
    bot: { type: String, required: true },
    owner: { type: String, default: '' },
    // Telegram adds fields as it likes; kept as it came.
    update: { type: Schema.Types.Mixed },
    state: { type: String, enum: ['open', 'done'], required: true },
    holder: { type: String, default: '' },
    leaseUntil: { type: Date, required: true },
    attempts: { type: Number, required: true },
    receivedAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'telegram_updates', versionKey: false, strict: 'throw', minimize: false },
);
updateSchema.index({ bot: 1, state: 1, leaseUntil: 1 });
updateSchema.index({ owner: 1 });
updateSchema.index({ expiresAt: 1 });
