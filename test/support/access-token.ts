import { SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose';

/** The secrets that test platforms verify access tokens with, as PARLANCE_JWT_SECRETS has them; 32 bytes and more. */
export const JWT_SECRETS = {
  acme: 'secret-of-acme-for-tests-of-access-tokens',
  globex: 'secret-of-globex-for-tests-of-access-tokens',
} as const;

/** The value of PARLANCE_JWT_SECRETS. */
export const JWT_SECRETS_VARIABLE = Object.entries(JWT_SECRETS)
  .map(([tenant, secret]) => `${tenant}:${secret}`)
  .join(',');

export interface TokenOptions {
  readonly tenant?: string;
  /** Signs it: text for HS256, a private key for the other algorithms. */
  readonly key?: string | CryptoKey;
  readonly algorithm?: string;
  /** Id of the key in a key set. */
  readonly kid?: string;
  /** Added to the claims or put in their place; undefined takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** An access token of a user, good for an hour unless `claims` say otherwise. */
export function accessToken(user: string, options: TokenOptions = {}): Promise<string> {
  const { tenant = 'acme', algorithm = 'HS256', kid, claims = {} } = options;
  const { key = JWT_SECRETS[tenant as keyof typeof JWT_SECRETS] } = options;
  const exp = secondsFromNow(3_600);
  const payload = { sub: user, tenant, exp, ...claims } as JWTPayload;
  return new SignJWT(payload)
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
    .sign(typeof key === 'string' ? new TextEncoder().encode(key) : key);
}

/** A NumericDate (RFC 7519). */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** The Authorization header of a user's request. */
export async function asUser(
  user: string,
  options: TokenOptions = {},
): Promise<{ readonly authorization: string }> {
  return { authorization: `Bearer ${await accessToken(user, options)}` };
}

/** Tokens that no API takes: what is wrong with each, and the code that it is refused by. */
export const BAD_TOKENS: readonly (readonly [string, () => Promise<string>, string])[] = [
  ['has expired', () => accessToken('ada', { claims: { exp: secondsFromNow(-60) } }), 'auth.expired_token'],
  [
    "has another tenant's signature",
    () => accessToken('ada', { key: JWT_SECRETS.globex }),
    'auth.invalid_token',
  ],
  [
    'is of a tenant that nobody knows',
    () => accessToken('ada', { tenant: 'nobody', key: 'x'.repeat(40) }),
    'auth.invalid_token',
  ],
  [
    'has the algorithm none',
    async () => new UnsecuredJWT({ sub: 'ada', tenant: 'acme', exp: secondsFromNow(600) }).encode(),
    'auth.invalid_token',
  ],
  [
    'has claims that were not signed',
    async () => {
      const [[header, , signature], [, claims]] = [
        (await accessToken('ada')).split('.'),
        (await accessToken('root')).split('.'),
      ];
      return [header, claims, signature].join('.');
    },
    'auth.invalid_token',
  ],
];
