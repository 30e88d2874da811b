import { z } from 'zod';
import { LEVELS, ulidSchema } from '@parlance/contracts';
import { ANSWERS } from '../openapi-answers.js';
import { pageLimitSchema } from '../request-fields.js';

/** As a client names a user. */
const userSchema = z.string().min(1).max(200);

/** `GET learners`. Other parameters are refused by QueryGuard. */
export const learnerPageSchema = z.object({
  limit: pageLimitSchema,
  /** `next_cursor` of the page before. */
  cursor: userSchema.optional(),
  text: z.string().trim().min(1).max(100).optional(),
});

/** `GET learners/:user/turns`. */
export const learnerTurnsSchema = z.object({ limit: pageLimitSchema, cursor: ulidSchema.optional() });

const learner = z.object({
  /** What tokens, keys and sessions name the learner by. */
  id: userSchema,
  /** Null of a learner without an account. */
  name: z.string().nullable(),
  level: z.enum(LEVELS).nullable(),
  /** Null where nothing was said yet. */
  last_active_at: z.iso.datetime().nullable(),
});

/** Bodies of answers. */
export const LEARNER_ANSWERS = {
  page: z.object({ learners: z.array(learner), next_cursor: z.string().nullable() }),
  learner: learner.extend({ statistics: ANSWERS.statistics }),
  turns: z.object({ turns: z.array(ANSWERS.turn), next_cursor: ulidSchema.nullable() }),
};
