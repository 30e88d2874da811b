import { z } from 'zod';
import {
  CONTEST_KINDS,
  contestEntrySchema,
  contestSchema,
  displayNameSchema,
  languageSchema,
} from '@parlance/contracts';
import { beginningOf, normalized } from '@parlance/practice';
import { pageLimitSchema } from '../request-fields.js';
import { VIEW_FIELDS } from './learning-requests.js';
import { termSchema, timeZoneSchema } from './vocabulary.schema.js';

const LONGEST_DAYS = 366;
const DAY_MS = 86_400_000;
const DAY_LENGTH = '2026-12-01'.length;
/** A day stands for its beginning in the contest's time zone. */
const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
  error: 'must be a date as 2026-12-01 or a time as 2026-12-01T08:30:00Z',
});
const inZone = (text: string, zone: string): string =>
  (text.length === DAY_LENGTH ? beginningOf(text, zone) : new Date(text)).toISOString();

/** `POST contests`. */
export const contestCreateSchema = z
  .strictObject({
    title: displayNameSchema,
    /** Left out: for its targets where it has some, else for words in all. */
    kind: z.enum(CONTEST_KINDS).optional(),
    /** Turns in other languages do not count; empty: all do. */
    language: languageSchema,
    starts_at: moment,
    ends_at: moment,
    time_zone: timeZoneSchema.default('UTC'),
    targets: z
      .array(termSchema)
      .max(500)
      .transform((terms) => [...new Map(terms.map((term) => [normalized(term), term])).values()])
      .default([]),
  })
  .transform(({ kind, ...contest }) => ({
    ...contest,
    starts_at: inZone(contest.starts_at, contest.time_zone),
    ends_at: inZone(contest.ends_at, contest.time_zone),
    kind: kind ?? (contest.targets.length > 0 ? ('target_words' as const) : ('words_in_all' as const)),
  }))
  .refine(({ starts_at: from, ends_at: until }) => until > from, {
    path: ['ends_at'],
    message: 'must be behind starts_at',
  })
  .refine(
    ({ starts_at: from, ends_at: until }) => Date.parse(until) - Date.parse(from) <= LONGEST_DAYS * DAY_MS,
    {
      path: ['ends_at'],
      message: `may be ${LONGEST_DAYS} days behind starts_at`,
    },
  )
  .refine(({ kind, targets }) => (kind === 'target_words') === targets.length > 0, {
    path: ['targets'],
    message: 'are what a contest of the kind target_words has, and no other',
  });

/** `POST contests/:id/entries`. */
export const contestJoinSchema = z.strictObject({ name: displayNameSchema.optional() });

/** A place on a leaderboard: what stands there, and the number of entries up to it. */
const cursorSchema = z
  .string()
  .regex(/^\d{1,9}\.\d{1,9}\.\d{1,9}\.[0-9A-Z]{26}$/, 'must be the next_cursor of a page')
  .transform((text) => {
    const [score, rank, position, id] = text.split('.') as [string, string, string, string];
    return { score: Number(score), rank: Number(rank), position: Number(position), id };
  });
export type BoardCursor = z.output<typeof cursorSchema>;

/** `GET contests/:id/leaderboard`. */
export const leaderboardQuerySchema = z.object({ limit: pageLimitSchema, cursor: cursorSchema.optional() });

const count = z.number().int().nonnegative();
const contest = contestSchema.extend({ ...VIEW_FIELDS, status: z.enum(['coming', 'running', 'over']) });
const line = z.object({
  /** Equal scores share a rank; the next one has the number of those before it and one. */
  rank: z.number().int().positive(),
  name: z.string(),
  score: count,
  turns: count,
  /** Whether it is the caller's. */
  own: z.boolean(),
});
const entry = contestEntrySchema.omit({ different: true, counted: true, said: true }).extend({
  ...VIEW_FIELDS,
  contest: VIEW_FIELDS.id,
  rank: z.number().int().positive(),
  score: count,
});

/** Bodies of answers. */
export const CONTEST_ANSWERS = {
  contest,
  contests: z.object({ contests: z.array(contest), next_cursor: z.string().nullable() }),
  entry,
  leaderboard: z.object({
    entries: z.array(line),
    own: entry.nullable(),
    next_cursor: z.string().nullable(),
  }),
};
