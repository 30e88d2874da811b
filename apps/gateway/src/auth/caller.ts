import type { Limits, Principal, Role, Scope } from '@parlance/contracts';
import { AppError, isAppError } from '@parlance/errors';
import { errors } from 'jose';

/** Longest wait of a timer in Node; a longer one fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Who calls, as what, and until when. */
export interface Caller extends Principal {
  readonly role: Role;
  /** Id of the stored key that calls, or `configured`; absent for access tokens. */
  readonly key?: string;
  /** When the user last showed who they are, as far as the token says, milliseconds since 1970. */
  readonly loggedInAt?: number;
  /** What the caller's key is good for; all, where it does not say. */
  readonly scopes?: readonly Scope[];
  /** What the key may use. */
  readonly keyLimits?: Limits;
  /** Whether the caller may make organisations. */
  readonly managesInstallation?: boolean;
  /** When the key or token expires, milliseconds since 1970, the configured tolerance included. */
  readonly expiresAt?: number;
  /** Rejects by an `auth.` code where the key was revoked, or the token ended, since; absent where that cannot happen. */
  readonly recheck?: () => Promise<unknown>;
}

/** @throws AppError auth.forbidden where the caller's key is not for this */
export function requireScope({ scopes }: Caller, scope: Scope): void {
  if (scopes && !scopes.includes(scope))
    throw new AppError('auth.forbidden', `The key does not have the scope "${scope}".`);
}

/** @throws AppError auth.forbidden where the caller is none of these */
export function requireRole({ role }: Caller, roles: readonly Role[]): void {
  if (!roles.includes(role))
    throw new AppError(
      'auth.forbidden',
      `This needs the role ${roles.join(' or ')}; the caller has ${role}.`,
    );
}

/** Who is limited by a key raises no limits by it. @throws AppError auth.forbidden */
export function requireOwner(caller: Caller): void {
  requireRole(caller, ['owner']);
  if (caller.keyLimits && Object.keys(caller.keyLimits).length > 0)
    throw new AppError('auth.forbidden', 'A key that has limits changes none.');
}

/** How often it is asked whether what is open may stay so: with what is cached of the answer, within 5 s. */
const RECHECK_MS = 1_500;

/**
 * Calls `end` once when the caller's key or token has expired, or is found to have been ended.
 * @returns what to call when there is nothing to end any more
 */
export function atExpiry({ expiresAt, recheck }: Caller, end: (fault: AppError) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const stay = (): void => {
    isOver = true;
    clearTimeout(timer);
    clearInterval(checks);
  };
  const finish = (fault: AppError): void => {
    if (isOver) return;
    stay();
    end(fault);
  };
  // That the store is away says nothing of the caller.
  const check = () =>
    recheck?.().catch((error: unknown) => {
      if (isAppError(error) && error.code.startsWith('auth.')) finish(error);
    });
  const checks = recheck && setInterval(() => void check(), RECHECK_MS);
  const wait = (until: number): void => {
    const leftMs = until - Date.now();
    timer =
      leftMs > MAX_TIMER_MS
        ? setTimeout(() => wait(until), MAX_TIMER_MS)
        : setTimeout(() => finish(expiredToken()), Math.max(0, leftMs));
  };
  if (expiresAt !== undefined) wait(expiresAt);
  return stay;
}

/** The fault of a token that was good once. */
function expiredToken(cause?: unknown): AppError {
  const text = 'The access token has expired: get a new one, and connect again.';
  return new AppError('auth.expired_token', text, { cause });
}

/** The fault of a token, in words that do not tell which keys there are. */
export function tokenFault(cause: unknown): AppError {
  if (isAppError(cause)) return cause;
  if (cause instanceof errors.JWTExpired) return expiredToken(cause);
  const isClaim = cause instanceof errors.JWTClaimValidationFailed;
  if (isClaim && cause.claim === 'nbf')
    return new AppError('auth.invalid_token', 'The access token is not valid yet.', { cause });
  if (isClaim)
    return new AppError('auth.invalid_token', `The access token has no valid claim "${cause.claim}".`, {
      cause,
    });
  if (cause instanceof errors.JWKSMultipleMatchingKeys)
    return new AppError('auth.invalid_token', 'The access token must name its key in "kid".', { cause });
  return new AppError('auth.invalid_token', 'The access token is not signed by a key that is known here.', {
    cause,
  });
}
