import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import type { LearnerData } from '../privacy/learner-data.js';
import { isDuplicate, StoreConnection } from '../store-connection.js';

/** What a mail is about. Whom it goes to, and whether at all, is decided when it is sent. */
export const MAIL_KINDS = [
  'sign-up',
  'verify-email',
  'reset-password',
  'password-changed',
  'change-email',
  'email-changed',
] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

/** A mail that is to be sent: neither its text nor a token of it. */
export interface OutgoingMail {
  /** Stands in its Message-ID: attempts to send it are known to be of one mail. */
  readonly id: string;
  readonly tenant: string;
  readonly kind: MailKind;
  /** Address of the account, or of whoever claims to have one. */
  readonly email: string;
  /** Where a known account is meant. */
  readonly account?: string;
  /** Of the account before the change that the mail tells of. */
  readonly generation?: number;
  /** How often it was tried. */
  readonly attempts: number;
  /** Not before. */
  readonly nextAt: Date;
  readonly createdAt: Date;
}

interface OutgoingMailDocument extends Omit<OutgoingMail, 'id'> {
  readonly _id: string;
}

const outgoingMailSchema = new Schema<OutgoingMailDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    kind: { type: String, enum: MAIL_KINDS, required: true },
    email: { type: String, required: true },
    account: { type: String },
    generation: { type: Number },
    attempts: { type: Number, required: true },
    nextAt: { type: Date, required: true },
    createdAt: { type: Date, required: true },
  },
  { collection: 'mail_outbox', versionKey: false, strict: 'throw' },
);
outgoingMailSchema.index({ nextAt: 1 });
outgoingMailSchema.index({ tenant: 1, account: 1 });

/** Mails on their way out, until a mail server has them. The sender works for all tenants. */
@Injectable()
export class MailOutboxRepository implements OnModuleInit, LearnerData {
  readonly part = 'mails';
  readonly collections = ['mail_outbox'];
  private readonly model: Model<OutgoingMailDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<OutgoingMailDocument>('OutgoingMail', outgoingMailSchema);
  }

  /** Makes the collection and its index, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** Keeps a mail to be sent; one that is there already stays as it is. */
  async add({ id, ...rest }: OutgoingMail): Promise<void> {
    try {
      await this.store.run(() => this.model.create({ _id: id, ...rest }));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  /** Mails whose time has come, those that wait longest first. */
  async due(now: Date, limit: number): Promise<OutgoingMail[]> {
    const found = await this.store.run(() =>
      this.model
        .find({ nextAt: { $lte: now } })
        .sort({ nextAt: 1 })
        .limit(limit)
        .lean<OutgoingMailDocument[]>(),
    );
    return found.map(({ _id, ...rest }) => ({ id: _id, ...rest }));
  }

  /**
   * Counts an attempt before it is made, so that a process that dies in it leaves the mail to the next one.
   * @param nextAt  when the next attempt is due, should this one fail
   * @returns whether this caller may make it
   */
  async claim({ tenant, id, attempts }: OutgoingMail, nextAt: Date): Promise<boolean> {
    const claimed = await this.store.run(() =>
      this.model.updateOne({ _id: id, tenant, attempts }, { $set: { attempts: attempts + 1, nextAt } }),
    );
    return claimed.matchedCount === 1;
  }

  /** Takes back an attempt that was claimed and not made. */
  async postpone({ tenant, id, attempts }: OutgoingMail, nextAt: Date): Promise<void> {
    await this.store.run(() => this.model.updateOne({ _id: id, tenant }, { $set: { attempts, nextAt } }));
  }

  /** Mails that are to be sent, few at any time. */
  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    const filter = { tenant, account: learner };
    const found = await this.store.run(() => this.model.find(filter).lean<OutgoingMailDocument[]>());
    for (const { kind, email, createdAt } of found) yield { kind, email, createdAt };
  }

  /** Those that name an address alone find no account when they are due, and are not sent. */
  async eraseLearner(tenant: string, learner: string): Promise<number> {
    return (await this.store.run(() => this.model.deleteMany({ tenant, account: learner }))).deletedCount;
  }

  /** Removes a mail that was sent, or is not to be. */
  async remove({ tenant, id }: Pick<OutgoingMail, 'tenant' | 'id'>): Promise<void> {
    await this.store.run(() => this.model.deleteOne({ _id: id, tenant }));
  }
}
