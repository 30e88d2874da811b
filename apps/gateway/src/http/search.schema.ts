import { z } from 'zod';
import { catalogueCodeSchema, languageSchema, ulidSchema } from '@parlance/contracts';
import { pageLimitSchema } from './request-fields.js';

const LONGEST_TEXT = 200;

const learner = z.string().min(1).max(200).optional();
/** A day stands for its beginning in UTC. */
const moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'must be a date as 2026-12-01 or a time as 2026-12-01T08:30:00Z',
  })
  .transform((text) => new Date(text))
  .optional();
const score = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3})?$/, 'must be a number from 0 to 100 in digits')
  .transform(Number)
  .pipe(z.number().max(100))
  .optional();
const text = z.string().min(1).max(LONGEST_TEXT).optional();

const common = {
  limit: pageLimitSchema,
  /** `next_cursor` of the page before. */
  cursor: ulidSchema.optional(),
  learner,
  from: moment,
  to: moment,
  mode: catalogueCodeSchema.optional(),
  language: languageSchema.optional(),
};

/** `GET /api/v1/conversations/search`. Other parameters are refused by QueryGuard. */
export const conversationSearchSchema = z
  .object({ ...common, text, phrase: text, min_score: score, max_score: score })
  .refine(({ from, to }) => !from || !to || from < to, { path: ['to'], error: 'must come after from' })
  .refine(({ min_score: min = 0, max_score: max = 100 }) => min <= max, {
    path: ['max_score'],
    error: 'must not be below min_score',
  });

/** `GET /api/v1/summaries`. */
export const summariesQuerySchema = z
  .object(common)
  .refine(({ from, to }) => !from || !to || from < to, { path: ['to'], error: 'must come after from' });

export const SEARCH_PARAMETERS = [
  ...['limit', 'cursor', 'learner', 'text', 'phrase', 'from', 'to'],
  ...['mode', 'language', 'min_score', 'max_score'],
];
export const SUMMARIES_PARAMETERS = ['limit', 'cursor', 'learner', 'from', 'to', 'mode', 'language'];
