import { errors } from 'jose';
import { AppError, isAppError } from '@parlance/errors';
import { expiredToken } from './caller.js';

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
