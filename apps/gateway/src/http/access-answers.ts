import { z } from 'zod';
import {
  KEY_ROLES,
  LEVELS,
  limitsSchema,
  ROLES,
  SCOPES,
  tenantSchema,
  ulidSchema,
} from '@parlance/contracts';

const time = z.iso.datetime();

const organisation = z.object({
  id: tenantSchema,
  name: z.string(),
  signUp: z.boolean(),
  limits: limitsSchema,
  learnerLimits: limitsSchema,
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
  limits: limitsSchema,
  version: z.number().int().positive(),
};
const newKey = z.object({ ...key, key: z.string() });

const account = z.object({
  id: ulidSchema,
  organisation: tenantSchema,
  email: z.string(),
  emailVerified: z.boolean(),
  role: z.enum(ROLES),
  name: z.string(),
  motherLanguage: z.string().nullable(),
  targetLanguages: z.array(z.string()),
  level: z.enum(LEVELS).nullable(),
  goals: z.array(z.string()),
  picture: z.string().nullable(),
  version: z.number().int().positive(),
  createdAt: time,
});

/** What the routes of organisations, keys and accounts answer, for the OpenAPI document. */
export const ACCESS_ANSWERS = {
  organisation,
  newOrganisation: z.object({ organisation, ownerKey: newKey }),
  organisationPage: z.object({ organisations: z.array(organisation), nextCursor: z.string().nullable() }),
  key: z.object(key),
  /** `key` is told here alone. */
  newKey,
  account,
  logIn: z.object({
    account,
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    /** Seconds. */
    expiresIn: z.number(),
    refreshToken: z.string(),
    refreshExpiresAt: time,
  }),
  keySet: z.object({
    keys: z.array(
      z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string(), use: z.literal('sig') }),
    ),
  }),
  keyPage: z.object({ keys: z.array(z.object(key)), nextCursor: ulidSchema.nullable() }),
};
