import { Schema } from 'mongoose';
import type { SessionContext, SessionSettings, SpeechScoresJson } from '@parlance/contracts';

export const SESSION_STATUSES = ['active', 'ended'] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** As the status, but told apart who ended it: `expired` where nothing had happened in it for too long. */
export const SESSION_STATES = ['active', 'closed', 'expired'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** Turns of a session, at most. */
export const MOST_TURNS = 1_000;

/** The client's own data of a session: plain JSON, which nothing here reads. */
export type SessionMetadata = Readonly<Record<string, unknown>>;

/** What was said in some turns. */
export interface TurnTotals {
  readonly turns: number;
  readonly spokenWords: number;
  readonly speakingMs: number;
  /** Turns that have scores: typed ones have none. */
  readonly scoredTurns: number;
  /** Sums over the turns; divided by the number of those with scores they are means. */
  readonly scoreSums: SpeechScoresJson;
}

/** What a session came to. */
export interface SessionMetrics extends TurnTotals {
  /** From its start to its end, or to its last activity where it was left idle. */
  readonly durationMs: number;
}

/** What was said in a session's turns up to and with `through`. */
export interface SessionSummary {
  readonly text: string;
  /** Sequence of the last turn in it. */
  readonly through: number;
  /** What wrote it. */
  readonly model: string;
}

/** A conversation of one person. */
export interface SessionRecord {
  readonly id: string;
  readonly tenant: string;
  /** Whose it is; undefined where only the tenant is known. */
  readonly user?: string;
  readonly settings: SessionSettings;
  readonly context: SessionContext;
  readonly metadata: SessionMetadata;
  readonly status: SessionStatus;
  readonly state: SessionState;
  /** Sequence of the newest turn; 0 before the first. */
  readonly lastSequence: number;
  /** Of what is too long ago for the language model to be given in full. */
  readonly summary?: SessionSummary;
  readonly createdAt: Date;
  readonly lastActiveAt: Date;
  readonly endedAt?: Date;
  /** The client's own word, or `idle` or `replaced` where the platform ended it. */
  readonly endReason?: string;
  /** Of a session that has ended. */
  readonly metrics?: SessionMetrics;
}

/** As stored: the id is the document's own. Documents of an earlier release lack all that is optional here. */
export interface SessionDocument {
  readonly _id: string;
  readonly tenant: string;
  readonly user?: string;
  /** Tenant and user of an active session that must be its user's only one; unique. */
  readonly onlyActiveOf?: string;
  readonly settings?: Partial<SessionSettings>;
  readonly context?: Partial<SessionContext>;
  readonly metadata?: SessionMetadata;
  readonly status?: SessionStatus;
  /** Whether it was ended for its idleness. */
  readonly expired?: boolean;
  readonly lastSequence: number;
  /** Days with a turn, `YYYY-MM-DD` in UTC, each once. */
  readonly days?: readonly string[];
  readonly summary?: SessionSummary;
  readonly createdAt: Date;
  readonly lastActiveAt: Date;
  readonly endedAt?: Date;
  readonly endReason?: string;
  readonly metrics?: SessionMetrics;
  /** When its closing summary may be written (again); absent where there is none to write. */
  readonly summaryDueAt?: Date;
}

// Validated by the contract's schemas when they arrive; kept as they came.
const plain = { type: Schema.Types.Mixed };

export const sessionSchema = new Schema<SessionDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    user: { type: String },
    onlyActiveOf: { type: String },
    settings: plain,
    context: plain,
    metadata: plain,
    expired: { type: Boolean },
    status: { type: String, enum: SESSION_STATUSES },
    lastSequence: { type: Number, required: true, default: 0 },
    days: { type: [String], default: undefined },
    summary: plain,
    createdAt: { type: Date, required: true },
    lastActiveAt: { type: Date, required: true },
    endedAt: { type: Date },
    endReason: { type: String },
    metrics: plain,
    summaryDueAt: { type: Date },
  },
  { collection: 'sessions', versionKey: false, strict: 'throw', minimize: false },
);
sessionSchema.index({ tenant: 1, lastActiveAt: -1 });
// Pages newest first, by one thing each that they are filtered by.
sessionSchema.index({ tenant: 1, _id: -1 });
sessionSchema.index({ tenant: 1, user: 1, _id: -1 });
sessionSchema.index({ tenant: 1, status: 1, _id: -1 });
sessionSchema.index({ tenant: 1, 'context.mode': 1, _id: -1 });
sessionSchema.index({ tenant: 1, 'settings.language': 1, _id: -1 });
sessionSchema.index({ status: 1, lastActiveAt: 1 });
sessionSchema.index({ onlyActiveOf: 1 }, { unique: true, sparse: true });
sessionSchema.index({ lastActiveAt: 1 });
sessionSchema.index({ summaryDueAt: 1 }, { sparse: true });
