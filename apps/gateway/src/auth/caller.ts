import type { Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';

/** Longest wait of a timer in Node; a longer one fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Who calls, and until when. */
export interface Caller extends Principal {
  /** When the access token expires, milliseconds since 1970, the configured tolerance included; an API key does not expire. */
  readonly expiresAt?: number;
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
