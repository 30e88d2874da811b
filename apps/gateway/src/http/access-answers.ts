import { z } from 'zod';
import { KEY_ROLES, SCOPES, tenantSchema, ulidSchema } from '@parlance/contracts';

const time = z.iso.datetime();

const organisation = z.object({
  id: tenantSchema,
  name: z.string(),
  signUp: z.boolean(),
  version: z.number().int().positive(),
  createdAt: time,
});

const key = {
  id: ulidSchema,
  name: z.string(),
  prefix: z.string(),
  role: z.enum(KEY_ROLES),
  scopes: z.array(z.enum(SCOPES)),
  status: z.enum(['active', 'expired', 'revoked']),
  createdAt: time,
  expiresAt: time.nullable(),
  revokedAt: time.nullable(),
  lastUsedAt: time.nullable(),
  replacedBy: ulidSchema.nullable(),
};
const newKey = z.object({ ...key, key: z.string() });

/** What the routes of organisations and keys answer, for the OpenAPI document. */
export const ACCESS_ANSWERS = {
  organisation,
  newOrganisation: z.object({ organisation, ownerKey: newKey }),
  organisationPage: z.object({ organisations: z.array(organisation), nextCursor: z.string().nullable() }),
  key: z.object(key),
  /** `key` is told here alone. */
  newKey,
  keyPage: z.object({ keys: z.array(z.object(key)), nextCursor: ulidSchema.nullable() }),
};
