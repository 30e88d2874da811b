import { z } from 'zod';

/** A front end's address: HTTPS, or this machine while it is developed. */
const redirect = z
  // What is no address is not looked at any further.
  .url({ protocol: /^https?$/, abort: true })
  .max(500)
  .refine((text) => {
    const { protocol, hostname, hash, username } = new URL(text);
    const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
    return hash === '' && username === '' && (protocol === 'https:' || isLocal);
  }, 'must be an address of https, without a fragment')
  .refine((text) => {
    const { searchParams } = new URL(text);
    return !['code', 'state', 'error'].some((name) => searchParams.has(name));
  }, 'must not have code, state or error');

const domain = z
  .string()
  .max(253)
  .transform((text) => text.toLowerCase())
  .pipe(
    z
      .string()
      .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/, 'must be a domain'),
  )
  .meta({
    pattern: '^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$',
  });

/** RFC 6749, appendix A: VSCHAR. */
const visible = z.string().regex(/^[\x20-\x7e]+$/, 'must be visible ASCII characters');

/** `PUT organisations/:id/oidc`; `version` is the one that it replaces. */
export const oidcSettingsSchema = z.strictObject({
  version: z.int().nonnegative().default(0),
  issuer: z.url({ protocol: /^https?$/ }).max(500),
  clientId: visible.max(200),
  /** Left out: the one that there is. */
  clientSecret: visible.max(500).optional(),
  domains: z.array(domain).min(1).max(50),
  trustsAddresses: z.boolean().default(false),
  roleClaim: z
    .string()
    .regex(/^[A-Za-z][\w.:/-]{0,199}$/, 'must be the name of a claim')
    .default('groups'),
  // Nobody becomes an owner by a provider.
  roles: z
    .array(
      z.strictObject({ value: z.string().min(1).max(200), role: z.enum(['admin', 'teacher', 'learner']) }),
    )
    .max(50)
    .default([]),
  defaultRole: z.enum(['teacher', 'learner']).default('learner'),
  redirects: z.array(redirect).min(1).max(20),
  /** The issuer before this one: whom it has linked is known by the e-mail address until then. */
  movedFrom: z
    .strictObject({ issuer: z.url({ protocol: /^https?$/ }).max(500), until: z.iso.datetime() })
    .nullable()
    .default(null),
});

/** `GET auth/oidc/:organisation/start`. */
export const oidcStartSchema = z.object({
  redirect: z.string().max(500),
  /** RFC 7636: base64url(SHA-256(verifier)) of a verifier that the front end keeps. */
  challenge: z.string().regex(/^[\w-]{43}$/, 'must be base64url of a SHA-256'),
  /** Given back as it is. */
  state: z
    .string()
    .regex(/^[\w.~-]{1,500}$/, 'must be 1 to 500 letters, digits or -._~')
    .optional(),
  /** OpenID Connect Core 1.0, 3.1.2.1: who has logged in at the provider longer ago, in seconds, is asked to do so again. */
  max_age: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a number of seconds')
    .transform(Number)
    .optional(),
});

/** `GET auth/oidc/:organisation/callback`; what else a provider adds is its own. */
export const oidcCallbackSchema = z.looseObject({ state: z.string().min(1).max(200) });

/** `POST auth/oidc/exchange`. */
export const oidcExchangeSchema = z.strictObject({
  code: z.string().min(1).max(200),
  verifier: z.string().regex(/^[\w.~-]{43,128}$/, 'must be 43 to 128 letters, digits or -._~'),
});
