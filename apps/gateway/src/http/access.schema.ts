import { z } from 'zod';
import {
  displayNameSchema,
  KEY_ROLES,
  limitsSchema,
  SCOPES,
  tenantSchema,
  ulidSchema,
} from '@parlance/contracts';
import { pageLimitSchema } from './request-fields.js';

/** How long a key that is replaced works on, unless a request says otherwise, and at most. */
const USUAL_OVERLAP_SECONDS = 86_400;
const MOST_OVERLAP_SECONDS = 30 * 86_400;

/** `POST organisations`. */
export const organisationCreateSchema = z.strictObject({ id: tenantSchema, name: displayNameSchema });

/** `PATCH organisations/:id`; `version` is the one that the change is of. */
export const organisationChangeSchema = z.strictObject({
  version: z.int().positive(),
  name: displayNameSchema.optional(),
  signUp: z.boolean().optional(),
  /** Of the whole tenant, set by who manages the installation; what they leave out is as the installation has it. */
  limits: limitsSchema.optional(),
  /** Of each learner that has none of its own. */
  learnerLimits: limitsSchema.optional(),
});

/** `POST keys`. */
export const keyCreateSchema = z.strictObject({
  name: displayNameSchema,
  role: z.enum(KEY_ROLES).default('service'),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .max(SCOPES.length)
    .transform((scopes) => SCOPES.filter((scope) => scopes.includes(scope)))
    .default(['speech', 'sessions']),
  /** Left out: the key works until it is revoked. */
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .optional(),
  limits: limitsSchema.optional(),
});
export type KeyCreate = z.output<typeof keyCreateSchema>;

/** `PATCH keys/:id`; `version` is the one that the change is of. */
export const keyChangeSchema = z.strictObject({
  version: z.int().positive(),
  name: displayNameSchema.optional(),
  limits: limitsSchema.optional(),
});

/** `POST keys/:id/rotate`. */
export const keyRotateSchema = z.strictObject({
  overlapSeconds: z.int().min(0).max(MOST_OVERLAP_SECONDS).default(USUAL_OVERLAP_SECONDS),
});

export const keyPageSchema = z.object({ limit: pageLimitSchema, cursor: ulidSchema.optional() });
export const organisationPageSchema = z.object({ limit: pageLimitSchema, cursor: tenantSchema.optional() });
