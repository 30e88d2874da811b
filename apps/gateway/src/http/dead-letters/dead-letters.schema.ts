import { z } from 'zod';
import { pageLimitSchema } from '../request-fields.js';

/** A place among the dead letters, as the stream counts them. */
export const sequenceSchema = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be a whole number in digits')
  .transform(Number);

/** `GET dead-letters`. Other parameters are refused by QueryGuard. */
export const deadLetterPageSchema = z.object({ limit: pageLimitSchema, cursor: sequenceSchema.optional() });

const letter = z.object({
  /** Its place in the stream, by which it is retried and discarded. */
  id: z.string(),
  tenant: z.string(),
  session: z.string().nullable(),
  turn: z.string().nullable(),
  /** Where the work was published, as `parlance.turn.transcribed`. */
  subject: z.string(),
  failed_at: z.iso.datetime(),
  deliveries: z.number().int().nonnegative(),
  /** The fault of the last delivery. */
  code: z.string(),
  message: z.string(),
  trace: z.string().nullable(),
  /** Whether its work fits its schema; what does not would fail again. */
  retryable: z.boolean(),
});

/** Bodies of answers. */
export const DEAD_LETTER_ANSWERS = {
  page: z.object({ dead_letters: z.array(letter), next_cursor: z.string().nullable() }),
  letter,
};
