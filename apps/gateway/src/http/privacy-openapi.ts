import { z } from 'zod';
import {
  auditEntrySchema,
  CONSENT_PURPOSES,
  privacySettingsSchema,
  tenantSchema,
  ulidSchema,
} from '@parlance/contracts';
import { bodyOf } from './openapi-bodies.js';
import { consentSchema, erasureSchema, exportSchema, privacySettingsChangeSchema } from './privacy.schema.js';

const time = z.iso.datetime();
const count = z.number().int().nonnegative();

const consent = z.object({
  id: ulidSchema,
  purpose: z.enum(CONSENT_PURPOSES),
  given: z.boolean(),
  textVersion: z.string(),
  at: time,
});
const job = {
  id: ulidSchema,
  createdAt: time,
  finishedAt: time.nullable(),
  /** How much each part had. */
  parts: z.record(z.string(), count),
};

/** What the routes of privacy and of the audit log answer. */
export const PRIVACY_ANSWERS = {
  settings: z.object({ ...privacySettingsSchema.shape, version: z.number().int().positive() }),
  consent,
  consents: z.object({
    user: z.string(),
    /** What holds now; null of a purpose that the learner has not spoken about. */
    current: z.object(Object.fromEntries(CONSENT_PURPOSES.map((purpose) => [purpose, consent.nullable()]))),
    history: z.array(consent),
    nextCursor: ulidSchema.nullable(),
  }),
  export: z.object({
    ...job,
    state: z.enum(['queued', 'running', 'done', 'failed', 'expired']),
    bytes: count.nullable(),
    expiresAt: time.nullable(),
    url: z.string().nullable(),
  }),
  erasure: z.object({ ...job, state: z.enum(['queued', 'running', 'verifying', 'done']) }),
  auditPage: z.object({ entries: z.array(auditEntrySchema), nextCursor: z.string().nullable() }),
  auditHead: z.object({ tenant: tenantSchema, number: count, hash: z.string() }),
};

export const PRIVACY_BODIES = {
  settings: bodyOf(privacySettingsChangeSchema),
  consent: bodyOf(consentSchema),
  export: bodyOf(exportSchema),
  erasure: bodyOf(erasureSchema),
};
