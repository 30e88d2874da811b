import { AppError, isAppError } from '@parlance/errors';
import { isLeftAlone } from '@parlance/resilience';

/** A longer wait than this is not worth a learner's silence; another model answers then. */
const LONGEST_RETRY_AFTER_S = 2;

/** What makes a text of a model no reply: it says nothing, is no speech, never ends, or gives its instructions away. */
export type Unusable = 'empty' | 'markup' | 'noise' | 'endless' | 'instructions' | 'schema';

/** The cause of a fault whose server answered, but with nothing that can be used. */
export class UnusableReply extends Error {
  constructor(readonly kind: Unusable) {
    super(`the language model's text cannot be used: ${kind}`);
    this.name = 'UnusableReply';
  }
}

/** The fault that makes the next model answer. */
export function unusable(kind: Unusable): AppError {
  return new AppError('upstream.unavailable', 'The language model gave an answer that cannot be used.', {
    cause: new UnusableReply(kind),
  });
}

/** The HTTP status in a fault of the client library or under one of ours; undefined where no server answered. */
function statusOf(error: unknown): number | undefined {
  const { status, cause } = (error ?? {}) as { status?: unknown; cause?: unknown };
  if (typeof status === 'number') return status;
  return isAppError(error) ? statusOf(cause) : undefined;
}

/** What a server asks for in its Retry-After header; 0 where it asks for nothing. */
function retryAfterSeconds(error: unknown): number {
  const headers: unknown = (error as { headers?: unknown } | undefined)?.headers;
  const value = headers instanceof Headers ? headers.get('retry-after') : undefined;
  return Number(value ?? 0) || 0;
}

/** Whether another attempt may go better: not where the server understood and refused. */
export function isRetryable(error: unknown): boolean {
  if (isAppError(error)) return error.retryable;
  if (retryAfterSeconds(error) > LONGEST_RETRY_AFTER_S) return false;
  const status = statusOf(error);
  return status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
}

/** Whether the server understood the request and did not like what it asks for: an option it has not, for instance. */
export function isRefusedRequest(error: unknown): boolean {
  const status = statusOf(error);
  return status === 400 || status === 422;
}

/** Waits as long as a busy server asks, where that is not long. */
export async function waitAsAsked(error: unknown): Promise<void> {
  const seconds = retryAfterSeconds(error);
  if (seconds > 0 && seconds <= LONGEST_RETRY_AFTER_S)
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

/** Why a model did not answer, in the words of `Degradation.reason`. */
export function fallbackReason(error: unknown): string {
  if (isLeftAlone(error)) return 'left_alone';
  if (!isAppError(error)) return 'unavailable';
  if (error.cause instanceof UnusableReply) return 'unusable';
  if (error.code === 'request.deadline_exceeded' || error.code === 'request.cancelled') return 'timeout';
  const status = statusOf(error) ?? 500;
  if (status === 429) return 'rate_limited';
  return status < 500 && status !== 408 ? 'refused' : 'unavailable';
}
