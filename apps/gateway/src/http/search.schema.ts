import { z } from 'zod';
import { catalogueCodeSchema, languageSchema, ulidSchema } from '@parlance/contracts';
import { dateRangeShape, IN_ONE_WAY, isInOneWay, withDay } from './date-range.js';
import { byNames } from './other-names.js';
import { pageLimitSchema } from './request-fields.js';

const LONGEST_TEXT = 200;

const learner = z.string().min(1).max(200).optional();
const score = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3})?$/, 'must be a number from 0 to 100 in digits')
  .transform(Number)
  .pipe(z.number().max(100))
  .optional();
const text = z.string().min(1).max(LONGEST_TEXT).optional();

/** A place among summaries: when the session began, and its id. */
export const summaryCursorSchema = z
  .string()
  .regex(/^\d{1,15}\.[0-9A-HJKMNP-TV-Z]{26}$/, 'must be the next_cursor of a page')
  .transform((text) => {
    const [began = '', session = ''] = text.split('.');
    return { startedAt: new Date(Number(began)), session };
  });

const common = {
  limit: pageLimitSchema,
  learner,
  ...dateRangeShape,
  mode: catalogueCodeSchema.optional(),
  language: languageSchema.optional(),
};

const isInOrder = ({ from, to }: { readonly from?: Date | undefined; readonly to?: Date | undefined }) =>
  !from || !to || from < to;
const IN_ORDER = { path: ['to'], error: 'must come after from' };

/** `GET /api/v1/conversations/search`. Other parameters are refused by QueryGuard. */
export const conversationSearchSchema = z
  .object({
    ...common,
    cursor: ulidSchema.optional(),
    text,
    phrase: text,
    min_score: score,
    max_score: score,
    /** Whether the pieces in which it matches are told. */
    highlights: z.enum(['true', 'false']).default('true'),
  })
  .refine(isInOrder, IN_ORDER)
  .refine(isInOneWay, IN_ONE_WAY)
  .refine(({ min_score: min = 0, max_score: max = 100 }) => min <= max, {
    path: ['max_score'],
    error: 'must not be below min_score',
  })
  .transform(withDay);

/** `GET /api/v1/summaries`. */
export const summariesQuerySchema = z
  .object({ ...common, cursor: summaryCursorSchema.optional() })
  .refine(isInOrder, IN_ORDER)
  .refine(isInOneWay, IN_ONE_WAY)
  .transform(withDay);

/** How sessions call what is asked for here; each is read as the other. */
const NAMES_OF_SESSIONS = {
  user_external_id: 'learner',
  mode_code: 'mode',
  language_code: 'language',
} as const;

/** A query by the names of the schemas above. @throws AppError request.invalid where something has both of its names */
export const bySearchNames = (query: Readonly<Record<string, unknown>>) => byNames(query, NAMES_OF_SESSIONS);

const COMMON_PARAMETERS = [
  ...['limit', 'cursor', 'from', 'to', 'date'],
  ...Object.entries(NAMES_OF_SESSIONS).flat(),
];
export const SEARCH_PARAMETERS = [
  ...COMMON_PARAMETERS,
  'text',
  'phrase',
  'min_score',
  'max_score',
  'highlights',
];
export const SUMMARIES_PARAMETERS = COMMON_PARAMETERS;
