import { z } from 'zod';
import {
  INVISIBLE,
  languageSchema,
  ulidSchema,
  vocabularyWordSchema,
  WORD_RATINGS,
  WORD_STATES,
} from '@parlance/contracts';
import { isTimeZone } from '@parlance/practice';
import { pageLimitSchema } from '../request-fields.js';
import { VIEW_FIELDS, versionSchema } from './learning-requests.js';

/** A word or phrase, in one Unicode form. */
export const termSchema = z
  .string()
  .max(400)
  .transform((text) => text.normalize('NFC').replace(/\s+/g, ' ').trim())
  .pipe(
    z
      .string()
      .min(1, 'must not be empty')
      .max(100)
      .refine((text) => !INVISIBLE.test(text), 'must have no invisible characters')
      .refine((text) => /[\p{L}\p{N}]/u.test(text), 'must have a letter or a digit'),
  );
const note = z.string().trim().max(500).default('');
const language = languageSchema.default('en');

/** `POST vocabulary`. */
export const wordCreateSchema = z.strictObject({ term: termSchema, language, meaning: note, example: note });

/** `POST vocabulary/from-turn`: what the turn's report corrects. */
export const wordsOfTurnSchema = z.strictObject({ turn: ulidSchema });

/** `POST vocabulary/:id/reviews`. A version keeps a review that is sent twice from counting twice. */
export const reviewSchema = z.strictObject({
  rating: z.enum(WORD_RATINGS),
  version: versionSchema.optional(),
});

/** `GET vocabulary`: `due` gives the words that are due, the longest first, without further pages: they leave it when reviewed. */
export const wordPageSchema = z.object({
  limit: pageLimitSchema,
  cursor: ulidSchema.optional(),
  due: z.enum(['true', 'false']).default('false'),
});

export const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, 'must be the name of a time zone, as Europe/Berlin');

/** `GET practice/streak`. */
export const streakQuerySchema = z.object({ time_zone: timeZoneSchema.default('UTC') });

const word = vocabularyWordSchema.omit({ card: true }).extend({
  ...VIEW_FIELDS,
  state: z.enum(WORD_STATES),
  due_at: z.iso.datetime(),
  reviews: z.number().int(),
  lapses: z.number().int(),
  /** Probability that it is remembered now. */
  retrievability: z.number().min(0).max(1),
  /** When each rating would make it due. */
  next: z.record(z.enum(WORD_RATINGS), z.iso.datetime()),
});
const count = z.number().int().nonnegative();

/** Bodies of answers. */
export const VOCABULARY_ANSWERS = {
  word,
  words: z.object({ words: z.array(word), next_cursor: z.string().nullable() }),
  added: z.object({ words: z.array(word) }),
  streak: z.object({
    time_zone: z.string(),
    current: count,
    longest: count,
    today_done: z.boolean(),
    active_days: count,
    /** The last thirty days with practice, newest first. */
    days: z.array(z.iso.date()),
  }),
};
