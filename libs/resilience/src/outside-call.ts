import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  handleWhen,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
} from 'cockatiel';
import { AppError, cancelled, isAppError, isFromPeer, type ErrorCode } from '@parlance/errors';

export interface OutsideCallOptions {
  /** Names the callee in logs. */
  readonly name: string;
  /** Deadline of one attempt. */
  readonly timeoutMs: number;
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Consecutive failed attempts that open the breaker, and how long it stays open. A refusal is no failure. */
  readonly breaker?: { readonly failures: number; readonly halfOpenAfterMs: number };
  /** Which faults are worth another attempt; by default all but non-retryable AppErrors. */
  readonly isRetryable?: (error: unknown) => boolean;
}

/** Codes of a callee that was not reached, unless it said so itself; with every other code it is alive and says no. */
const NOT_REACHED: ReadonlySet<ErrorCode> = new Set([
  'upstream.unavailable',
  'store.unavailable',
  'request.deadline_exceeded',
]);

/** What one attempt came to, as the breaker sees it: an answer, also where the callee refused. */
type Outcome<T> = { readonly value: T } | { readonly refusal: unknown };

/** A call that leaves this process: deadline for each attempt, jittered retries, one circuit breaker. */
export class OutsideCall {
  private readonly retries;
  private readonly breaker;
  private readonly deadline;
  private readonly isRetryable: (error: unknown) => boolean;

  constructor(private readonly options: OutsideCallOptions) {
    const { timeoutMs, attempts, breaker = { failures: 5, halfOpenAfterMs: 10_000 } } = options;
    this.isRetryable = options.isRetryable ?? worthRetrying;
    this.retries = retry(
      handleWhen((error) => !(error instanceof BrokenCircuitError) && this.isRetryable(error)),
      {
        maxAttempts: Math.max(0, attempts - 1),
        backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 5_000 }),
      },
    );
    this.breaker = circuitBreaker(handleAll, {
      halfOpenAfter: breaker.halfOpenAfterMs,
      breaker: new ConsecutiveBreaker(breaker.failures),
    });
    this.deadline = timeout(timeoutMs, TimeoutStrategy.Aggressive);
  }

  /** @throws AppError: the callee's own when it is one, else `upstream.unavailable` or `request.deadline_exceeded`. */
  async execute<T>(
    call: (context: { readonly signal: AbortSignal }) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      const tries = this.retries.execute(async () => {
        const outcome = await this.breaker.execute(() => this.attempt(call, signal));
        if ('refusal' in outcome) throw outcome.refusal;
        return outcome.value;
      }, signal);
      // A caller that leaves waits neither for the pause before a retry nor for another caller's trial of the breaker.
      return await (signal ? unlessAborted(tries, signal) : tries);
    } catch (error) {
      throw this.faultOf(error);
    }
  }

  /** @throws what shows that the callee was not reached; a caller that leaves shows nothing of the kind */
  private async attempt<T>(
    call: (context: { readonly signal: AbortSignal }) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<Outcome<T>> {
    try {
      return { value: await this.deadline.execute(call, signal) };
    } catch (error) {
      if (signal?.aborted) return { refusal: cancelled(error) };
      if (this.isFailure(error)) throw error;
      return { refusal: error };
    }
  }

  private isFailure(error: unknown): boolean {
    if (isAppError(error)) return NOT_REACHED.has(error.code) && !isFromPeer(error);
    return error instanceof TaskCancelledError || this.isRetryable(error);
  }

  private faultOf(error: unknown): AppError {
    if (isAppError(error)) return error;
    const { name } = this.options;
    if (error instanceof TaskCancelledError)
      return new AppError('request.deadline_exceeded', `${name} did not answer in time.`, { cause: error });
    const reason =
      error instanceof BrokenCircuitError
        ? 'is being left alone after repeated failures'
        : 'is not reachable just now';
    return new AppError('upstream.unavailable', `${name} ${reason}.`, { cause: error });
  }
}

export function outsideCall(options: OutsideCallOptions): OutsideCall {
  return new OutsideCall(options);
}

/** What a failed operation on a store throws: the fault of what was to be stored as it is, and anything about the way to the
 *  store as store.unavailable.
 *  @param store as in “The object store” */
export function storeFault(store: string, cause: unknown): AppError {
  const isOwn =
    isAppError(cause) && cause.code !== 'upstream.unavailable' && cause.code !== 'request.deadline_exceeded';
  return isOwn ? cause : new AppError('store.unavailable', `${store} is not reachable just now.`, { cause });
}

function worthRetrying(error: unknown): boolean {
  return isAppError(error) ? error.retryable : true;
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave: () => void = () => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(cancelled(signal.reason));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
