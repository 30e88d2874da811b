export { ERROR_TABLE, errorRow, isErrorCode, type ErrorCode, type ErrorRow } from './error-table.js';
export {
  abortFault,
  AppError,
  cancelled,
  clientGone,
  isAppError,
  toAppError,
  type AppErrorOptions,
} from './app-error.js';
export {
  fromGrpcError,
  GRPC_ERROR_CODE_KEY,
  GRPC_RETRY_AFTER_KEY,
  isFromPeer,
  toDeepgramErrorBody,
  toErrorBody,
  toGrpcFault,
  toInferenceErrorBody,
  toOpenAiErrorBody,
  type DeepgramErrorBody,
  type ErrorBody,
  type GrpcFault,
  type InferenceErrorBody,
  type OpenAiErrorBody,
} from './error-views.js';
