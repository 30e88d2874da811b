import { z } from 'zod';
import { ROLES, tenantSchema } from '@parlance/contracts';
import { codeSchema, emailChangeSchema, mailRequestSchema, passwordResetSchema } from './accounts.schema.js';
import { oidcExchangeSchema, oidcSettingsSchema } from './oidc.schema.js';
import { bodyOf } from './openapi-bodies.js';

/* What the routes of mail, OpenID providers and pictures take and answer, for the OpenAPI document. */

export const MAIL_BODIES = {
  verify: bodyOf(codeSchema),
  request: bodyOf(mailRequestSchema),
  reset: bodyOf(passwordResetSchema),
  change: bodyOf(emailChangeSchema),
};

export const OIDC_BODIES = { settings: bodyOf(oidcSettingsSchema), exchange: bodyOf(oidcExchangeSchema) };

const role = z.enum(ROLES);

/** An organisation's settings, without the secret. */
export const oidcSettingsAnswer = z.object({
  organisation: tenantSchema,
  issuer: z.string(),
  clientId: z.string(),
  domains: z.array(z.string()),
  trustsAddresses: z.boolean(),
  roleClaim: z.string(),
  roles: z.array(z.object({ value: z.string(), role })),
  defaultRole: role,
  redirects: z.array(z.string()),
  movedFrom: z.object({ issuer: z.string(), until: z.iso.datetime() }).nullable(),
  /** To be set at the provider. */
  redirectUri: z.string(),
  version: z.number().int().positive(),
  updatedAt: z.iso.datetime(),
});

export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;

export const pictureAnswer = z.object({
  url: z.string(),
  contentType: z.enum(PICTURE_TYPES),
  bytes: z.number().int().positive(),
});
