import { errorRow, type ErrorCode } from './error-table.js';

export interface AppErrorOptions {
  /** Kept for the log; never shown to a client. */
  readonly cause?: unknown;
  /** Overrides the table's hint where the thrower knows better. */
  readonly retryAfterSeconds?: number;
  /** What a program needs to go on, such as the version that stands; shown to the client. */
  readonly details?: Readonly<Record<string, string | number>>;
  /** The field of the request at fault, with dots where it stands in others; told by the APIs whose faults have one. */
  readonly param?: string;
}

/** A fault with a stable code. `message` is written for the client: no host names, no vendor text, no secrets. */
export class AppError extends Error {
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly details: AppErrorOptions['details'];
  readonly param: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    const row = errorRow(code);
    this.retryable = row.retryable;
    this.retryAfterSeconds = options.retryAfterSeconds ?? row.retryAfterSeconds;
    this.details = options.details;
    this.param = options.param;
  }
}

/** What work ends with that nobody waits for any more. */
export function cancelled(cause?: unknown): AppError {
  return new AppError('request.cancelled', 'The request was cancelled.', { cause });
}

/** What a request ends with whose client has closed its connection. */
export function clientGone(): AppError {
  return new AppError('request.cancelled', 'The client has gone.');
}

/** What work ends with when its signal fires: the signal's own fault, else a deadline or a cancellation. */
export function abortFault({ reason }: AbortSignal): AppError {
  if (isAppError(reason)) return reason;
  return (reason as Error | undefined)?.name === 'TimeoutError'
    ? new AppError('request.deadline_exceeded', 'The request took longer than its deadline.')
    : cancelled();
}

/** Structural, so that it also holds across worker threads, test realms and package copies. */
export function isAppError(error: unknown): error is AppError {
  return (
    error instanceof Error &&
    error.name === 'AppError' &&
    typeof (error as { code?: unknown }).code === 'string'
  );
}

/** Anything thrown, as an AppError: what is not one already becomes `internal.unexpected` with its text kept as cause only. */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  return new AppError('internal.unexpected', 'Something went wrong on our side.', { cause: error });
}
