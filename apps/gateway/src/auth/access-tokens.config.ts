import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { integer, list, milliseconds } from '@parlance/config';
import { tenantSchema } from '@parlance/contracts';

/** A secret that a tenant signs its access tokens with (HS256). As a KeyObject, so that no log prints it. */
export interface TokenSecret {
  readonly tenant: string;
  readonly secret: KeyObject;
}

/** A public key that access tokens are signed for, and the algorithms (RFC 7518, RFC 8037) it may verify. */
export interface TokenKey {
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
}

/** RFC 7518, section 3.2: a key of HS256 has the size of its hash at least. */
const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2_048;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** `tenant:secret`, comma separated; a tenant may have several, of which each is good, to change them. */
const tokenSecrets = list().transform((entries, context) =>
  entries.map((entry, index): TokenSecret => {
    const colon = entry.indexOf(':');
    const [tenant, secret] = [entry.slice(0, Math.max(0, colon)), Buffer.from(entry.slice(colon + 1))];
    const refuse = (reason: string): void =>
      context.addIssue({ code: 'custom', message: `entry ${index + 1} ${reason}` });
    if (!tenantSchema.safeParse(tenant).success) refuse('must read tenant:secret');
    else if (secret.length < MIN_SECRET_BYTES) refuse(`must have a secret of ${MIN_SECRET_BYTES} bytes`);
    return { tenant, secret: createSecretKey(secret) };
  }),
);

/** A PEM file with a public key or a certificate, read at start. */
const tokenKey = z.string().transform((path, context): TokenKey => {
  try {
    const key = createPublicKey(readFileSync(path));
    const algorithms = algorithmsOf(key);
    if (algorithms) return { key, algorithms };
    context.addIssue({
      code: 'custom',
      message: `must be an RSA key of ${MIN_RSA_BITS} bits, an EC key on P-256 or an Ed25519 key`,
    });
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a readable PEM file with a public key' });
  }
  return z.NEVER;
});

/** Keys decide who calls: they are fetched over TLS, except from this machine. */
const keySetUrl = z.url({ protocol: /^https?$/ }).refine((text) => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || LOOPBACK.test(hostname);
}, 'must be an https:// address');

/** Environment of the access tokens (JWT). */
export const accessTokenEnv = {
  PARLANCE_JWT_SECRETS: tokenSecrets,
  PARLANCE_JWT_PUBLIC_KEY_FILE: tokenKey.optional(),
  PARLANCE_JWT_JWKS_URL: keySetUrl.optional(),
  /** How long one try to fetch the key set may take, and how long the set is used without asking again. */
  PARLANCE_JWT_JWKS_TIMEOUT_MS: milliseconds(5_000),
  PARLANCE_JWT_JWKS_CACHE_MS: milliseconds(600_000),
  /** What `iss` and `aud` must be, where they are set. */
  PARLANCE_JWT_ISSUER: z.string().optional(),
  PARLANCE_JWT_AUDIENCE: z.string().optional(),
  /** How far the clocks of issuers may differ from ours. */
  PARLANCE_JWT_CLOCK_TOLERANCE_SECONDS: integer(5, { max: 300 }),
};

type AccessTokenEnv = z.output<z.ZodObject<typeof accessTokenEnv>>;

/** Refuses two sources of public keys, of which one would have no effect. */
export function refuseTwoKeySources(
  env: Pick<AccessTokenEnv, 'PARLANCE_JWT_PUBLIC_KEY_FILE' | 'PARLANCE_JWT_JWKS_URL'>,
  context: z.RefinementCtx,
): void {
  if (env.PARLANCE_JWT_PUBLIC_KEY_FILE && env.PARLANCE_JWT_JWKS_URL)
    context.addIssue({
      code: 'custom',
      path: ['PARLANCE_JWT_JWKS_URL'],
      message: 'cannot be set together with PARLANCE_JWT_PUBLIC_KEY_FILE',
    });
}

export const accessTokensFrom = (env: AccessTokenEnv) => ({
  secrets: env.PARLANCE_JWT_SECRETS,
  publicKey: env.PARLANCE_JWT_PUBLIC_KEY_FILE,
  keySet:
    env.PARLANCE_JWT_JWKS_URL === undefined
      ? undefined
      : {
          url: env.PARLANCE_JWT_JWKS_URL,
          timeoutMs: env.PARLANCE_JWT_JWKS_TIMEOUT_MS,
          cacheMs: env.PARLANCE_JWT_JWKS_CACHE_MS,
        },
  issuer: env.PARLANCE_JWT_ISSUER,
  audience: env.PARLANCE_JWT_AUDIENCE,
  clockToleranceSeconds: env.PARLANCE_JWT_CLOCK_TOLERANCE_SECONDS,
});
export type AccessTokensConfig = ReturnType<typeof accessTokensFrom>;

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] | undefined {
  if (asymmetricKeyType === 'rsa')
    return (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS ? ['RS256'] : undefined;
  if (asymmetricKeyType === 'ec')
    return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? ['ES256'] : undefined;
  return asymmetricKeyType === 'ed25519' ? ['EdDSA', 'Ed25519'] : undefined;
}
