import { z } from 'zod';
import { digitsSchema, filledTextSchema, INVISIBLE, languageSchema, ulidSchema } from '@parlance/contracts';
import { SESSION_STATES } from '@parlance/persistence';
import { dateRangeShape, IN_ONE_WAY, isInOneWay, withDay } from './date-range.js';
import { metadataSchema } from './metadata.schema.js';
import { pageQueryShape } from './page-query.js';

/** Two ids that look alike are to be the same. */
const userId = z
  .string()
  .min(1)
  .max(200)
  .refine((id) => !INVISIBLE.test(id), 'must have no invisible characters');
/** Whether the catalogue has it is asked there. */
const code = z.string().min(1).max(64);

/** `POST open`. */
export const sessionOpenSchema = z.strictObject({
  /** Id of the learner in the tenant's own system; may be left out where the caller is that user. */
  user_external_id: userId.optional(),
  /** Code of a teaching mode of the tenant's catalogue. */
  mode_code: code,
  /** Code of a language of the tenant's catalogue, also as a tag or a name: en-GB, english. */
  language_code: code,
  /** Of the tenant's catalogue. */
  scenario_code: code.optional(),
  /** What the session is taught by: a lesson, or the learner's enrolment in a course, of which it is the first lesson that is not completed. */
  lesson_id: ulidSchema.optional(),
  enrolment_id: ulidSchema.optional(),
  metadata: metadataSchema.default({}),
});

/** `POST :id/close`. */
export const sessionCloseSchema = z.strictObject({ reason: z.string().min(1).max(100).default('completed') });

/** What a list is filtered by, beside when the sessions were opened. */
export const sessionFilterShape = {
  user_external_id: userId.optional(),
  mode_code: code.optional(),
  language_code: languageSchema.optional(),
  state: z.enum(SESSION_STATES).optional(),
};

/** `GET` of the list. Other parameters are refused by QueryGuard, here and below. */
export const sessionListSchema = z
  .object({
    ...pageQueryShape,
    /** `next_cursor` of the page before. */
    cursor: ulidSchema.optional(),
    ...sessionFilterShape,
    /** When it was opened. */
    ...dateRangeShape,
  })
  .refine(({ from, to }) => !from || !to || from <= to, { path: ['to'], message: 'is before from' })
  .refine(isInOneWay, IN_ONE_WAY)
  .transform(withDay);

/** How searches and `/api/v1/voice` call what is asked for here; each is read as the other. */
export const NAMES_OF_SEARCHES = {
  learner: 'user_external_id',
  mode: 'mode_code',
  language: 'language_code',
  status: 'state',
} as const;

/** `GET :id/turns`. */
export const turnListSchema = z.object({ ...pageQueryShape, cursor: digitsSchema.optional() });

const text = filledTextSchema(5_000);
const milliseconds = z.number().min(0).max(86_400_000);

const word = z
  .strictObject({
    text: z.string().min(1).max(200),
    start_ms: milliseconds,
    end_ms: milliseconds,
    /** Of the client's recogniser; left out: it was certain. */
    confidence: z.number().min(0).max(1).default(1),
  })
  .refine((one) => one.start_ms <= one.end_ms, { path: ['end_ms'], message: 'is before start_ms' });

/** `POST :id/turns`: what was typed, or what the client's own recogniser wrote. */
export const turnBodySchema = z
  .strictObject({
    text: text.optional(),
    /** Its text alone, or with its words. */
    transcript: z
      .union([text, z.strictObject({ text, words: z.array(word).max(2_000).default([]) })])
      .transform((said) => (typeof said === 'string' ? { text: said, words: [] } : said))
      .optional(),
    /** Left out: the session's. */
    language_code: languageSchema.optional(),
    /** Whether the reply is spoken; left out, like the voice: as the session's settings have it. */
    speak: z.boolean().optional(),
    voice: z.string().max(100).default(''),
  })
  .refine((body) => (body.text === undefined) !== (body.transcript === undefined), {
    message: 'needs text or transcript, not both',
  })
  .meta({ oneOf: [{ required: ['text'] }, { required: ['transcript'] }] });
