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
import { withDeadline } from './deadline.js';
import { FailureShareBreaker, type FailureShare } from './failure-share-breaker.js';

/** Opens after consecutive failed attempts, or when a share of the attempts within a time has failed. */
export type BreakerOptions = ({ readonly failures: number } | FailureShare) & {
  readonly halfOpenAfterMs: number;
};

/** Of an outside provider: half of at least ten attempts in a minute open it, for a minute. */
export const PROVIDER_BREAKER = {
  share: 0.5,
  leastCalls: 10,
  withinMs: 60_000,
  halfOpenAfterMs: 60_000,
} as const satisfies BreakerOptions;

export interface OutsideCallOptions {
  /** Names the callee in logs. */
  readonly name: string;
  /** Deadline of one attempt. */
  readonly timeoutMs: number;
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Deadline of all attempts and the pauses between them; without it only the attempts have one. */
  readonly totalMs?: number;
  /** What opens the breaker, and how long it stays open. A refusal is no failure. */
  readonly breaker?: BreakerOptions;
  /** Whether its attempts listen to the signal that they are given, which is aborted when they end: by default they do. To abort one
   *  for nobody costs as much as the rest of a short call. */
  readonly usesSignal?: boolean;
  /** Which faults are worth another attempt; by default all but non-retryable AppErrors. */
  readonly isRetryable?: (error: unknown) => boolean;
}

/** Codes of a callee that was not reached, unless it said so itself; with every other code it is alive and says no. */
const NOT_REACHED: ReadonlySet<ErrorCode> = new Set([
  'upstream.unavailable',
  'store.unavailable',
  'request.deadline_exceeded',
]);

/** An attempt that ends at the last moment says so itself, to the breaker too. */
const LAST_MOMENT_MS = 20;

/** No time is left for another attempt. */
class OutOfTime extends TaskCancelledError {}

function late(): never {
  throw new OutOfTime();
}

/** What one attempt came to, as the breaker sees it: an answer, also where the callee refused. */
type Outcome<T> = { readonly value: T } | { readonly refusal: unknown };

/** Told of each breaker that opens and of each that closes again, by the name of what it guards. */
export type BreakerListener = (callee: string, isOpen: boolean) => void;
let tellBreaker: BreakerListener = () => undefined;

/** Tells of every breaker of this process from now on; telemetry counts the open ones. */
export function watchBreakers(listener: BreakerListener): void {
  tellBreaker = listener;
}

/** A call that leaves this process: deadline for each attempt, jittered retries, one circuit breaker. */
export class OutsideCall {
  private readonly retries;
  private readonly breaker;
  private readonly isRetryable: (error: unknown) => boolean;

  constructor(private readonly options: OutsideCallOptions) {
    const { attempts, breaker = { failures: 5, halfOpenAfterMs: 10_000 } } = options;
    this.isRetryable = options.isRetryable ?? worthRetrying;
    this.retries = retry(
      handleWhen(
        (error) =>
          !(error instanceof BrokenCircuitError || error instanceof OutOfTime) && this.isRetryable(error),
      ),
      {
        maxAttempts: Math.max(0, attempts - 1),
        backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 5_000 }),
      },
    );
    this.breaker = circuitBreaker(handleAll, {
      halfOpenAfter: breaker.halfOpenAfterMs,
      breaker:
        'failures' in breaker ? new ConsecutiveBreaker(breaker.failures) : new FailureShareBreaker(breaker),
    });
    // A trial that fails breaks it again, and it was open already.
    let isOpen = false;
    const tell = (now: boolean): void => {
      if (now !== isOpen) tellBreaker(options.name, now);
      isOpen = now;
    };
    this.breaker.onBreak(() => tell(true));
    this.breaker.onReset(() => tell(false));
  }

  /** @throws AppError: the callee's own when it is one, else `upstream.unavailable` or `request.deadline_exceeded`. */
  async execute<T>(
    call: (context: { readonly signal: AbortSignal }) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { totalMs = Infinity } = this.options;
    const end = Date.now() + totalMs;
    try {
      const attempts = this.retries.execute(async () => {
        // The pause used up the time: nothing is learnt of the callee, and nothing is told to the breaker.
        if (Date.now() >= end) throw new OutOfTime();
        const outcome = await this.breaker.execute(() => this.attempt(call, end, signal));
        if ('refusal' in outcome) throw outcome.refusal;
        return outcome.value;
      }, signal);
      const tries = totalMs === Infinity ? attempts : withDeadline(totalMs + LAST_MOMENT_MS, attempts, late);
      // A caller that leaves waits neither for the pause before a retry nor for another caller's trial of the breaker.
      return await (signal ? unlessAborted(tries, signal) : tries);
    } catch (error) {
      throw this.faultOf(error);
    }
  }

  /** @throws what shows that the callee was not reached; a caller that leaves shows nothing of the kind */
  private async attempt<T>(
    call: (context: { readonly signal: AbortSignal }) => Promise<T>,
    end: number,
    signal?: AbortSignal,
  ): Promise<Outcome<T>> {
    const { usesSignal: abortOnReturn = true } = this.options;
    const deadline = { strategy: TimeoutStrategy.Aggressive, abortOnReturn };
    const limitMs = Math.max(1, Math.min(this.options.timeoutMs, end - Date.now()));
    try {
      return { value: await timeout(limitMs, deadline).execute(call, signal) };
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

/** Whether a fault of `execute` came from the breaker: the callee was not asked. */
export function isLeftAlone(error: unknown): boolean {
  return isAppError(error) && error.cause instanceof BrokenCircuitError;
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
