import type { Principal, Role, Scope } from '@parlance/contracts';
import { AppError } from '@parlance/errors';

/** Longest wait of a timer in Node; a longer one fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Who calls, as what, and until when. */
export interface Caller extends Principal {
  readonly role: Role;
  /** What the caller's key is good for; all, where it does not say. */
  readonly scopes?: readonly Scope[];
  /** Whether the caller may make organisations. */
  readonly managesInstallation?: boolean;
  /** When the key or token expires, milliseconds since 1970, the configured tolerance included. */
  readonly expiresAt?: number;
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

/** Calls `end` once when the caller's token has expired. @returns what to call when there is nothing to end any more */
export function atExpiry({ expiresAt }: Caller, end: (fault: AppError) => void): () => void {
  if (expiresAt === undefined) return () => undefined;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const leftMs = expiresAt - Date.now();
    timer =
      leftMs > MAX_TIMER_MS
        ? setTimeout(wait, MAX_TIMER_MS)
        : setTimeout(() => end(expiredToken()), Math.max(0, leftMs));
  };
  wait();
  return () => clearTimeout(timer);
}

/** The fault of a token that was good once. */
export function expiredToken(cause?: unknown): AppError {
  const text = 'The access token has expired: get a new one, and connect again.';
  return new AppError('auth.expired_token', text, { cause });
}
