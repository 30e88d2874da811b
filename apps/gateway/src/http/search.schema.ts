import { z } from 'zod';
import { catalogueCodeSchema, languageSchema, ulidSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
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

/** A place among summaries: when the session began, and its id. */
const summaryCursorSchema = z
  .string()
  .regex(/^\d{1,15}\.[0-9A-HJKMNP-TV-Z]{26}$/, 'must be the next_cursor of a page')
  .transform((text) => {
    const [began = '', session = ''] = text.split('.');
    return { startedAt: new Date(Number(began)), session };
  });

const common = {
  limit: pageLimitSchema,
  learner,
  from: moment,
  to: moment,
  /** One day in UTC, in the place of `from` and `to`. */
  date: z.iso.date('must be a day as 2026-12-01').optional(),
  mode: catalogueCodeSchema.optional(),
  language: languageSchema.optional(),
};
type Dates = { readonly from?: Date | undefined; readonly to?: Date | undefined; readonly date?: string };

const DAY_MS = 86_400_000;
const inOrder = ({ from, to }: Dates): boolean => !from || !to || from < to;
const inOneWay = ({ from, to, date }: Dates): boolean => date === undefined || (!from && !to);
const IN_ORDER = { path: ['to'], error: 'must come after from' };
const IN_ONE_WAY = { path: ['date'], error: 'stands for from and to: give it or them' };

/** The beginnings of a day and of the next for its date. */
function withDay<Query extends Dates>({ date, ...query }: Query) {
  if (date === undefined) return query;
  const from = new Date(date);
  return { ...query, from, to: new Date(from.getTime() + DAY_MS) };
}

/** `GET /api/v1/conversations/search`. Other parameters are refused by QueryGuard. */
export const conversationSearchSchema = z
  .object({
    ...common,
    cursor: ulidSchema.optional(),
    text,
    phrase: text,
    min_score: score,
    max_score: score,
  })
  .refine(inOrder, IN_ORDER)
  .refine(inOneWay, IN_ONE_WAY)
  .refine(({ min_score: min = 0, max_score: max = 100 }) => min <= max, {
    path: ['max_score'],
    error: 'must not be below min_score',
  })
  .transform(withDay);

/** `GET /api/v1/summaries`. */
export const summariesQuerySchema = z
  .object({ ...common, cursor: summaryCursorSchema.optional() })
  .refine(inOrder, IN_ORDER)
  .refine(inOneWay, IN_ONE_WAY)
  .transform(withDay);

/** How sessions call what is asked for here; each is taken for the other. */
const NAMES_OF_SESSIONS = {
  user_external_id: 'learner',
  mode_code: 'mode',
  language_code: 'language',
} as const;

/** A query by the names of the schemas above. @throws AppError request.invalid where something has both of its names */
export function bySearchNames(query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const named = { ...query };
  for (const [other, name] of Object.entries(NAMES_OF_SESSIONS)) {
    if (query[other] === undefined) continue;
    if (query[name] !== undefined)
      throw new AppError('request.invalid', `${other}: is another name of ${name}, give one of them`);
    named[name] = query[other];
    delete named[other];
  }
  return named;
}

const COMMON_PARAMETERS = [
  ...['limit', 'cursor', 'from', 'to', 'date'],
  ...Object.entries(NAMES_OF_SESSIONS).flat(),
];
export const SEARCH_PARAMETERS = [...COMMON_PARAMETERS, 'text', 'phrase', 'min_score', 'max_score'];
export const SUMMARIES_PARAMETERS = COMMON_PARAMETERS;
