import { z } from 'zod';
import { limitsSchema } from '@parlance/contracts';
import { pageLimitSchema } from './request-fields.js';

export const USAGE_GROUPS = ['day', 'key', 'learner'] as const;
export const USAGE_FORMATS = ['json', 'csv'] as const;
/** Days that one question is about. */
const MOST_DAYS = 366;
const DAY_MS = 86_400_000;
/** Days before today that are told without `from`. */
const USUAL_DAYS = 30;

const daySchema = z.iso.date();
/** `DAY/ID`, of the last row of the page before. */
export const usageCursorSchema = z
  .string()
  .max(300)
  .regex(/^\d{4}-\d\d-\d\d\//, 'must be the nextCursor of the page before')
  .transform((text) => ({ day: text.slice(0, 10), id: text.slice(11) }));

/** The parameters of `GET usage`. */
export const usageQuerySchema = z
  .object({
    from: daySchema.optional(),
    to: daySchema.optional(),
    groupBy: z.enum(USAGE_GROUPS).default('day'),
    format: z.enum(USAGE_FORMATS).optional(),
    limit: pageLimitSchema,
    cursor: usageCursorSchema.optional(),
  })
  .transform(({ from, to, ...rest }, context) => {
    const last = to ?? new Date().toISOString().slice(0, 10);
    const first = from ?? new Date(Date.parse(last) - (USUAL_DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
    const days = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
    if (days < 1) context.addIssue({ code: 'custom', path: ['from'], message: 'must not lie behind to' });
    if (days > MOST_DAYS)
      context.addIssue({
        code: 'custom',
        path: ['from'],
        message: `at most ${MOST_DAYS} days are told at once`,
      });
    return { from: first, to: last, ...rest };
  });
export type UsageQuery = z.output<typeof usageQuerySchema>;

/** `PUT limits/learners/:user`; `version` is the one that the change is of, 0 where there are none yet. */
export const learnerLimitsSchema = z.strictObject({ version: z.int().min(0), limits: limitsSchema });

const time = z.iso.datetime();
const amount = z.number().nonnegative();
const row = z.object({
  day: z.string(),
  /** By `groupBy`. */
  key: z.string().optional(),
  learner: z.string().optional(),
  requests: amount,
  audioSeconds: amount,
  characters: amount,
  inputTokens: amount,
  outputTokens: amount,
  turns: amount,
  storedBytes: amount,
  deletedBytes: amount,
});

/** What the routes of usage and limits answer, for the OpenAPI document. */
export const USAGE_ANSWERS = {
  page: z.object({ usage: z.array(row), nextCursor: z.string().nullable() }),
  standing: z.object({
    limits: z.array(
      z.object({
        quota: z.enum(['requests', 'streams', 'audio', 'tokens', 'storage']),
        scope: z.enum(['tenant', 'key', 'learner']),
        limit: amount,
        used: amount,
        left: amount,
        resetsAt: time.nullable(),
      }),
    ),
  }),
  learner: z.object({ user: z.string(), limits: limitsSchema, version: z.number().int().nonnegative() }),
};
