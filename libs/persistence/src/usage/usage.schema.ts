import { Schema } from 'mongoose';

/** What is counted of a day. */
export const USAGE_COUNTS = [
  'requests',
  'audioMs',
  'characters',
  'inputTokens',
  'outputTokens',
  'turns',
  'storedBytes',
  'deletedBytes',
] as const;
export type UsageCounts = Partial<Record<(typeof USAGE_COUNTS)[number], number>>;

/** Whose a row is: the whole tenant's, one key's, or one learner's. */
export const USAGE_SCOPES = ['tenant', 'key', 'learner'] as const;
export type UsageScope = (typeof USAGE_SCOPES)[number];

/** Stands for the day in rows that count since ever. */
export const ALL_DAYS = 'total';

/** What names a row. */
export interface UsageName {
  readonly tenant: string;
  readonly scope: UsageScope;
  /** `2026-12-31` in UTC, or `ALL_DAYS`. */
  readonly day: string;
  /** Of the key or the learner; empty of the tenant. */
  readonly id: string;
}

export interface UsageRow extends UsageName {
  readonly counts: UsageCounts;
}

/** How many of something a process has open, and until when that is believed, milliseconds since 1970. */
export interface OpenCount {
  readonly count: number;
  readonly until: number;
}

export interface UsageDocument extends UsageRow {
  /** Made of the name, in an order by which a range of days is a range of ids. */
  readonly _id: string;
  /** By writer: what it has open just now. One that says nothing more has died. */
  readonly open?: Readonly<Record<string, OpenCount>>;
  /** By writer: the sequence of its last addition, so that none is added twice; until the writer needs it no more. */
  readonly applied: Readonly<Record<string, number>>;
}

export const usageSchema = new Schema<UsageDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    scope: { type: String, enum: USAGE_SCOPES, required: true },
    day: { type: String, required: true },
    id: { type: String },
    counts: { type: Schema.Types.Mixed },
    open: { type: Schema.Types.Mixed },
    applied: { type: Schema.Types.Mixed },
  },
  { collection: 'usage', versionKey: false, strict: 'throw', minimize: false, id: false },
);
usageSchema.index({ tenant: 1, scope: 1, id: 1, day: 1 });

/** The id of a row's document. */
export function usageId({ tenant, scope, day, id }: UsageName): string {
  return `${tenant}/${scope}/${day}/${id}`;
}
