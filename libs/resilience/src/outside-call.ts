import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { AppError, isAppError } from '#libs/errors';

export interface OutsideCallOptions {
  /** Names the callee in logs. */
  readonly name: string;
  /** Deadline of one attempt. */
  readonly timeoutMs: number;
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Consecutive failed attempts that open the breaker, and how long it stays open. */
  readonly breaker?: { readonly failures: number; readonly halfOpenAfterMs: number };
  /** Which faults are worth another attempt; by default all but non-retryable AppErrors. */
  readonly isRetryable?: (error: unknown) => boolean;
}

/** A call that leaves this process: deadline for each attempt, jittered retries, one circuit breaker. */
export class OutsideCall {
  private readonly policy;

  constructor(private readonly options: OutsideCallOptions) {
    const {
      timeoutMs,
      attempts,
      breaker = { failures: 5, halfOpenAfterMs: 10_000 },
      isRetryable = worthRetrying,
    } = options;
    const faults = handleWhen((error) => !(error instanceof BrokenCircuitError) && isRetryable(error));
    this.policy = wrap(
      retry(faults, {
        maxAttempts: Math.max(0, attempts - 1),
        backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 5_000 }),
      }),
      circuitBreaker(faults, {
        halfOpenAfter: breaker.halfOpenAfterMs,
        breaker: new ConsecutiveBreaker(breaker.failures),
      }),
      timeout(timeoutMs, TimeoutStrategy.Aggressive),
    );
  }

  /** @throws AppError: the callee's own when it is one, else `upstream.unavailable` or `request.deadline_exceeded`. */
  async execute<T>(
    call: (context: { readonly signal: AbortSignal }) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      return await this.policy.execute(call, signal);
    } catch (error) {
      if (isAppError(error)) throw error;
      if (signal?.aborted)
        throw new AppError('request.cancelled', 'The request was cancelled.', { cause: error });
      if (error instanceof TaskCancelledError) {
        throw new AppError('request.deadline_exceeded', `${this.options.name} did not answer in time.`, {
          cause: error,
        });
      }
      const reason =
        error instanceof BrokenCircuitError
          ? 'is being left alone after repeated failures'
          : 'is not reachable just now';
      throw new AppError('upstream.unavailable', `${this.options.name} ${reason}.`, { cause: error });
    }
  }
}

export function outsideCall(options: OutsideCallOptions): OutsideCall {
  return new OutsideCall(options);
}

function worthRetrying(error: unknown): boolean {
  return isAppError(error) ? error.retryable : true;
}
