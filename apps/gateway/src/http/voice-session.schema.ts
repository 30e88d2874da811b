import { z } from 'zod';
import { sessionContextSchema, sessionSettingsSchema, ulidSchema } from '@parlance/contracts';
import { SESSION_STATUSES } from '@parlance/persistence';
import { ON_ACTIVE } from '../sessions/voice-sessions.service.js';
import { pageLimitSchema } from './request-fields.js';

const userSchema = z.string().min(1).max(200);
/** Whose session it is, where an API key begins it; a user's token may name its own user only. */
const user = userSchema.optional();

const settings = sessionSettingsSchema.optional();
const context = sessionContextSchema.optional();

/** `POST session/init`. */
export const sessionInitSchema = z.strictObject({
  user,
  /** Gives back the user's active session where there is one. */
  resume: z.boolean().default(false),
  settings,
  context,
});

/** `POST sessions`. */
export const sessionCreateSchema = z
  .strictObject({
    user,
    lesson: sessionContextSchema.shape.lesson,
    enrolment: sessionContextSchema.shape.enrolment,
    /** The user may have one active session only; `onActive` says what becomes of another one. */
    oneActive: z.boolean().default(false),
    onActive: z.enum(ON_ACTIVE).optional(),
    settings,
    context,
  })
  .refine(({ oneActive, onActive }) => oneActive || onActive === undefined, {
    path: ['onActive'],
    message: 'needs oneActive',
  })
  .meta({
    anyOf: [
      { not: { required: ['onActive'] } },
      { required: ['oneActive'], properties: { oneActive: { enum: [true] } } },
    ],
  });

/** `POST sessions/:id/end`. */
export const sessionEndSchema = z.strictObject({ reason: z.string().min(1).max(100).default('completed') });

/** `GET sessions`. Other parameters are refused by QueryGuard, here and below. */
export const sessionPageSchema = z.object({
  limit: pageLimitSchema,
  /** `nextCursor` of the page before. */
  cursor: ulidSchema.optional(),
  user,
  status: z.enum(SESSION_STATUSES).optional(),
});

/** `GET sessions/:id/transcript`. */
export const TRANSCRIPT_FORMATS = ['json', 'txt', 'srt'] as const;
export const transcriptQuerySchema = z.object({ format: z.enum(TRANSCRIPT_FORMATS).default('json') });

/** `GET statistics`. */
export const statisticsQuerySchema = z.object({ user });

/** What a body names of a schema whose fields have defaults: the defaults stay out, so that they overwrite nothing. */
export function givenOf<Values extends object>(values: Values, body: unknown): Partial<Values> {
  const names = Object.keys(typeof body === 'object' && body !== null ? body : {});
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => names.includes(name)),
  ) as Partial<Values>;
}
