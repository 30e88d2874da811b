import { Schema } from 'mongoose';

/** Someone who practises with a bot. */
export interface PracticeUser {
  /** `BOT:user`. */
  readonly id: string;
  /** Language of the bot's messages, ISO 639-1. */
  readonly language: string;
  /** IANA name; decides which day an answer belongs to. */
  readonly timeZone: string;
  /** Id of the task that is to be answered; absent before the first. */
  readonly task?: string;
}

export interface PracticeUserDocument extends Omit<PracticeUser, 'id'> {
  readonly _id: string;
  readonly createdAt: Date;
}

/** What an answer came to, as the bot tells it. */
export interface PracticeResult {
  /** Id of the turn on the platform. */
  readonly turn: string;
  readonly transcript: string;
  /** 0 to 100. */
  readonly overall: number;
  /** The message's parts, ready to be sent (HTML). */
  readonly messages: readonly string[];
  /** What is spoken as an example. */
  readonly example: string;
}

/** One answer to a task. Each step is kept once it is done, so that another replica goes on after it. */
export interface PracticeAttempt {
  /** Id of the update that brought the answer. */
  readonly id: string;
  readonly owner: string;
  readonly task: string;
  /** The user's calendar day of the answer, `2026-11-30`. */
  readonly day: string;
  readonly createdAt: Date;
  readonly result?: PracticeResult;
  /** Whether the result was sent, and whether the spoken example was. */
  readonly told: boolean;
  readonly spoken: boolean;
}

export interface PracticeAttemptDocument extends Omit<PracticeAttempt, 'id'> {
  readonly _id: string;
}

export const practiceUserSchema = new Schema<PracticeUserDocument>(
  {
    _id: { type: String, required: true },
    language: { type: String, required: true },
    timeZone: { type: String, required: true },
    task: String,
    createdAt: { type: Date, required: true },
  },
  { collection: 'telegram_users', versionKey: false, strict: 'throw' },
);

export const practiceAttemptSchema = new Schema<PracticeAttemptDocument>(
  {
    _id: { type: String, required: true },
    owner: { type: String, required: true },
    task: { type: String, required: true },
    day: { type: String, required: true },
    createdAt: { type: Date, required: true },
    result: { type: Schema.Types.Mixed },
    told: { type: Boolean, required: true },
    spoken: { type: Boolean, required: true },
  },
  { collection: 'telegram_attempts', versionKey: false, strict: 'throw', minimize: false },
);
practiceAttemptSchema.index({ owner: 1, createdAt: -1 });
practiceAttemptSchema.index({ owner: 1, day: -1 });
