import { isErrorCode, errorRow } from './error-table.js';
import { AppError, cancelled, toAppError } from './app-error.js';

/** Body of a fault on Parlance's own routes and in WebSocket error events. */
export interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
    readonly retryAfterSeconds?: number;
    readonly details?: Readonly<Record<string, string | number>>;
    readonly requestId: string;
  };
}

/** Body of a fault on OpenAI-shaped routes. */
export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

/** Body of a fault on Deepgram-shaped routes. It has no `error`: what stands there its clients for Node take for the message. */
export interface DeepgramErrorBody {
  readonly err_code: string;
  readonly err_msg: string;
  readonly request_id: string;
  /** Our own. */
  readonly code: string;
}

export function toErrorBody(error: unknown, requestId: string): ErrorBody {
  const fault = toAppError(error);
  return {
    error: {
      code: fault.code,
      message: fault.message,
      retryable: fault.retryable,
      ...(fault.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: fault.retryAfterSeconds }),
      ...(fault.details === undefined ? {} : { details: fault.details }),
      requestId,
    },
  };
}

export function toOpenAiErrorBody(error: unknown): OpenAiErrorBody {
  const { code, message, param } = toAppError(error);
  const { openai: type, openaiParam } = errorRow(code);
  return { error: { message, type, param: param ?? openaiParam ?? null, code } };
}

/** Deepgram's codes by HTTP status; others are told by our own code. */
const DEEPGRAM_CODES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'INVALID_AUTH',
  403: 'INSUFFICIENT_PERMISSIONS',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'TOO_MANY_REQUESTS',
};

export function toDeepgramErrorBody(error: unknown, requestId: string): DeepgramErrorBody {
  const fault = toAppError(error);
  return {
    err_code: DEEPGRAM_CODES[errorRow(fault.code).http] ?? fault.code,
    err_msg: fault.message,
    request_id: requestId,
    code: fault.code,
  };
}

/** Body of a fault on the routes of the Open Inference Protocol: its clients read a text, which begins with our code. */
export interface InferenceErrorBody {
  readonly error: string;
}

export function toInferenceErrorBody(error: unknown): InferenceErrorBody {
  const { code, message } = toAppError(error);
  return { error: `${code}: ${message}` };
}

/** Metadata keys that carry an AppError over gRPC beside the status. */
export const GRPC_ERROR_CODE_KEY = 'parlance-error-code';
export const GRPC_RETRY_AFTER_KEY = 'retry-after';

export interface GrpcFault {
  /** google.rpc.Code */
  readonly code: number;
  readonly details: string;
  /** Trailing metadata, to be copied into a grpc Metadata by the caller. */
  readonly trailers: Readonly<Record<string, string>>;
}

export function toGrpcFault(error: unknown): GrpcFault {
  const fault = toAppError(error);
  const trailers: Record<string, string> = { [GRPC_ERROR_CODE_KEY]: fault.code };
  if (fault.retryAfterSeconds !== undefined) trailers[GRPC_RETRY_AFTER_KEY] = String(fault.retryAfterSeconds);
  return { code: errorRow(fault.code).grpc, details: fault.message, trailers };
}

/** Shape of grpc-js' ServiceError, so that this lib needs no gRPC package. */
export interface GrpcServiceErrorLike {
  readonly code?: number;
  readonly details?: string;
  readonly metadata?: { get(key: string): readonly (string | Buffer)[] };
}

/** The other way round: what a peer's status says. A peer that is gone or speaks no code of ours becomes `fallback`. */
export function fromGrpcError(
  error: unknown,
  fallback: 'upstream.unavailable' | 'inference.interrupted' = 'upstream.unavailable',
): AppError {
  const service = error as GrpcServiceErrorLike;
  const code = service.metadata?.get(GRPC_ERROR_CODE_KEY)[0]?.toString();
  const retryAfter = Number(service.metadata?.get(GRPC_RETRY_AFTER_KEY)[0]?.toString());
  if (isErrorCode(code)) {
    return new AppError(code, service.details ?? code, {
      cause: error,
      ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
    });
  }
  if (service.code === 4)
    return new AppError('request.deadline_exceeded', 'The request took longer than its deadline.', {
      cause: error,
    });
  if (service.code === 1) return cancelled(error);
  return new AppError(fallback, 'A service this request needs is not reachable just now.', { cause: error });
}

/** Whether a peer said this fault itself by its code: it is alive, unlike one that `fromGrpcError` found gone. */
export function isFromPeer(error: AppError): boolean {
  const { metadata } = (error.cause ?? {}) as GrpcServiceErrorLike;
  return isErrorCode(metadata?.get(GRPC_ERROR_CODE_KEY)[0]?.toString());
}
