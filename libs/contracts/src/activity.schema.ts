import { z } from 'zod';
import { tenantSchema, ulidSchema } from './identity.js';
import { speechScoresSchema } from './measures.schema.js';

const common = {
  /** Of the same activity always the same: it counts once. */
  id: z.string().min(1).max(100),
  tenant: tenantSchema,
  /** When it happened, not when it was told. */
  at: z.iso.datetime(),
};
/** Pseudonym of the learner; absent where nobody is known, or has not allowed it. */
const learner = z.string().max(100).optional();
const milliseconds = z.number().nonnegative();

/** What happened at a tenant, for usage analytics: no text, and nobody's name. */
export const activitySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('turn'),
    ...common,
    session: ulidSchema,
    learner,
    /** How long the person spoke; 0 of a typed turn. */
    speechMs: milliseconds,
    scores: speechScoresSchema.optional(),
  }),
  z.object({
    kind: z.literal('session'),
    ...common,
    session: ulidSchema,
    learner,
    durationMs: milliseconds,
  }),
  z.object({
    kind: z.literal('error'),
    ...common,
    code: z.string().max(60),
    /** The route's pattern, such as `POST /api/v1/turns`. */
    route: z.string().max(120),
  }),
]);
export type Activity = z.output<typeof activitySchema>;
