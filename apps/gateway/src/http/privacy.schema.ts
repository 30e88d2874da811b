import { z } from 'zod';
import { CONSENT_PURPOSES, privacySettingsSchema, ulidSchema } from '@parlance/contracts';
import { pageLimitSchema } from './request-fields.js';

const user = z.string().min(1).max(200);

/** `GET audit`: entries before `cursor`, newest first. */
export const auditPageSchema = z.object({
  limit: pageLimitSchema,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'must be next_cursor of the page before')
    .transform(Number)
    .optional(),
  action: z
    .string()
    .regex(/^[a-z_]+\.[a-z_]+$/, 'must read KIND.WHAT')
    .optional(),
  /** Whoever did it. */
  user: user.optional(),
  /** What it was done to, by its id. */
  target: z.string().min(1).max(200).optional(),
  /** A learner it was done to. */
  learner: user.optional(),
});

/** `PATCH privacy/settings`; `version` is the one that the change is of. */
export const privacySettingsChangeSchema = z.strictObject({
  version: z.int().positive(),
  recordingConsentRequired: privacySettingsSchema.shape.recordingConsentRequired.optional(),
  retentionDays: privacySettingsSchema.shape.retentionDays.optional(),
});

/** `GET privacy/consents`. */
export const consentPageSchema = z.object({
  user: user.optional(),
  limit: pageLimitSchema,
  cursor: ulidSchema.optional(),
});

/** `PUT privacy/consents`. */
export const consentSchema = z.strictObject({
  user: user.optional(),
  purpose: z.enum(CONSENT_PURPOSES),
  given: z.boolean(),
  /** Of the text that was agreed to, as the tenant names it. */
  textVersion: z.string().regex(/^[\w.-]{1,60}$/, 'must have 1 to 60 letters, digits, dots and dashes'),
});

/** `POST privacy/exports`. */
export const exportSchema = z.strictObject({ user: user.optional() });

/** `POST privacy/erasures`; learners with an account say their password. */
export const erasureSchema = z.strictObject({
  user: user.optional(),
  password: z.string().min(1).max(200).optional(),
});

/** `GET audit/export`. */
export const auditExportSchema = z.object({ from: auditPageSchema.shape.cursor });
