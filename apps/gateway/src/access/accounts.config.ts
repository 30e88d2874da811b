import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { flag, integer, list } from '@parlance/config';

const MIN_SECRET_CHARACTERS = 32;

/** PEM files with private keys, read at start: the first one signs, tokens of the others stay good. */
const signingKeys = list().transform((paths, context) =>
  paths.map((path, index): KeyObject => {
    const problem = `entry ${index + 1} must be a readable PEM file with a private key of Ed25519 or P-256`;
    try {
      const key = createPrivateKey(readFileSync(path));
      const isEd25519 = key.asymmetricKeyType === 'ed25519';
      if (!isEd25519 && key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
        context.addIssue({ code: 'custom', message: problem });
      return key;
    } catch {
      context.addIssue({ code: 'custom', message: problem });
      return z.NEVER;
    }
  }),
);

/** Environment of people's accounts. */
export const accountsEnv = {
  /** Switches the routes of accounts on: sign-up, log-in, profile. */
  PARLANCE_ACCOUNTS: flag(false),
  /** Encrypts the keys that sign access tokens, which are made when they are needed and kept in the document store. */
  PARLANCE_SIGNING_SECRET: z
    .string()
    .min(MIN_SECRET_CHARACTERS, `must have ${MIN_SECRET_CHARACTERS} characters at least`)
    .optional(),
  /** Keys that sign access tokens, instead. */
  PARLANCE_SIGNING_KEY_FILES: signingKeys,
  /** A key in the store signs for so long; a new one is made then. */
  PARLANCE_SIGNING_KEY_DAYS: integer(30, { min: 1, max: 3_650 }),
  /** What `iss` and `aud` of access tokens are. */
  PARLANCE_ACCOUNTS_ISSUER: z.string().min(1).max(200).default('parlance'),
  PARLANCE_ACCOUNTS_AUDIENCE: z.string().min(1).max(200).default('parlance'),
  PARLANCE_ACCESS_TOKEN_SECONDS: integer(600, { min: 2, max: 3_600 }),
  /** A log-in lasts no longer. */
  PARLANCE_REFRESH_TOKEN_DAYS: integer(30, { min: 1, max: 365 }),
  /** Within a quarter of an hour: wrong passwords of one account, and from one address. */
  PARLANCE_LOGIN_ATTEMPTS: integer(10, { min: 1, max: 1_000 }),
  PARLANCE_LOGIN_ATTEMPTS_BY_ADDRESS: integer(100, { min: 1, max: 100_000 }),
  /** Accounts made from one address within a quarter of an hour. */
  PARLANCE_SIGN_UPS_BY_ADDRESS: integer(20, { min: 1, max: 100_000 }),
};
type AccountsEnv = z.output<z.ZodObject<typeof accountsEnv>>;

/** Refuses accounts whose tokens nobody could sign, and an issuer that two kinds of tokens would share. */
export function refuseUnsignedAccounts(
  env: AccountsEnv & { readonly PARLANCE_JWT_ISSUER?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (!env.PARLANCE_ACCOUNTS) return;
  const refuse = (name: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [name], message });
  const hasFiles = env.PARLANCE_SIGNING_KEY_FILES.length > 0;
  if (env.PARLANCE_SIGNING_SECRET === undefined && !hasFiles)
    refuse('PARLANCE_SIGNING_SECRET', 'must be set, or PARLANCE_SIGNING_KEY_FILES, with PARLANCE_ACCOUNTS');
  if (env.PARLANCE_SIGNING_SECRET !== undefined && hasFiles)
    refuse('PARLANCE_SIGNING_SECRET', 'cannot be set together with PARLANCE_SIGNING_KEY_FILES');
  if (env.PARLANCE_JWT_ISSUER === env.PARLANCE_ACCOUNTS_ISSUER)
    refuse('PARLANCE_ACCOUNTS_ISSUER', 'must be another than PARLANCE_JWT_ISSUER');
}

/** Undefined where there are no accounts. */
export const accountsFrom = (env: AccountsEnv) =>
  env.PARLANCE_ACCOUNTS
    ? {
        issuer: env.PARLANCE_ACCOUNTS_ISSUER,
        audience: env.PARLANCE_ACCOUNTS_AUDIENCE,
        accessSeconds: env.PARLANCE_ACCESS_TOKEN_SECONDS,
        refreshDays: env.PARLANCE_REFRESH_TOKEN_DAYS,
        signing: {
          secret: env.PARLANCE_SIGNING_SECRET,
          keys: env.PARLANCE_SIGNING_KEY_FILES,
          days: env.PARLANCE_SIGNING_KEY_DAYS,
        },
        limits: {
          ofAccount: env.PARLANCE_LOGIN_ATTEMPTS,
          ofAddress: env.PARLANCE_LOGIN_ATTEMPTS_BY_ADDRESS,
          signUps: env.PARLANCE_SIGN_UPS_BY_ADDRESS,
        },
      }
    : undefined;
export type AccountsConfig = NonNullable<ReturnType<typeof accountsFrom>>;
