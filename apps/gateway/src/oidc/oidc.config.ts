import { z } from 'zod';
import { flag, integer } from '@parlance/config';

/** Environment of log-ins by organisations' own OpenID providers. */
export const oidcEnv = {
  /** Encrypts the clients' secrets in the document store; PARLANCE_SIGNING_SECRET does where it is left out. */
  PARLANCE_OIDC_SECRET: z.string().min(32, 'must have 32 characters at least').optional(),
  /** Lets providers have private addresses, and plain HTTP on this machine: for providers within an organisation, and for tests. */
  PARLANCE_OIDC_ALLOW_PRIVATE: flag(false),
  /** Of one call to a provider. */
  PARLANCE_OIDC_LIMIT_MS: integer(10_000, { min: 100, max: 60_000 }),
  /** A log-in by a provider lasts no longer: whoever the provider does not let in any more is out by then. */
  PARLANCE_OIDC_SESSION_HOURS: integer(12, { min: 1, max: 8_760 }),
};

export const oidcFrom = (
  env: z.output<z.ZodObject<typeof oidcEnv>> & { readonly PARLANCE_SIGNING_SECRET?: string | undefined },
) => ({
  secret: env.PARLANCE_OIDC_SECRET ?? env.PARLANCE_SIGNING_SECRET,
  allowPrivate: env.PARLANCE_OIDC_ALLOW_PRIVATE,
  limitMs: env.PARLANCE_OIDC_LIMIT_MS,
  sessionHours: env.PARLANCE_OIDC_SESSION_HOURS,
});
