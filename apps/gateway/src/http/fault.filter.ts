import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  AppError,
  errorRow,
  toAppError,
  toDeepgramErrorBody,
  toErrorBody,
  toInferenceErrorBody,
  toOpenAiErrorBody,
  type ErrorCode,
} from '@parlance/errors';
import { LOGGER, type Logger } from '@parlance/telemetry';
import type { TenantRequest } from '../auth/access.guard.js';
import { deepgramFaultHeaders, isDeepgramPath } from './deepgram/deepgram-faults.js';
import { isInferencePath } from './models/infer.schema.js';
import { NO_ROUTE, requestIdOf, routeOf, stopUpload } from './request-scope.js';
import { allowedMethods } from './route-methods.js';

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'request.not_found',
  413: 'request.too_large',
};

/** Logs a request's fault and answers by it. */
@Catch()
export class FaultFilter implements ExceptionFilter {
  /** @param note  is told of what callers who are known were refused, or what failed for them */
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly note: (tenant: string, code: ErrorCode, route: string) => void = () => undefined,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const fault = methodFault(request, response) ?? faultOf(error);
    const { http } = errorRow(fault.code);
    if (http >= 500) this.logger.error({ err: error }, `request failed: ${fault.code}`);
    else this.logger.info({ code: fault.code }, `request refused: ${fault.message}`);
    const { tenant } = request as Partial<TenantRequest>;
    if (tenant !== undefined) this.note(tenant, fault.code, `${request.method} ${routeOf(request)}`);
    answerFault(request, response, fault);
  }
}

/** The fault of a request by a method that no route has at its address, where routes have others; the answer then names those. */
function methodFault(request: Request, response: Response): AppError | undefined {
  if (routeOf(request) !== NO_ROUTE) return undefined;
  const allowed = allowedMethods(request.app, request.path);
  if (allowed.length === 0 || allowed.includes(request.method)) return undefined;
  if (!response.headersSent) response.setHeader('allow', allowed.join(', '));
  return methodNotAllowed(request.method, allowed);
}

/** @param allowed  methods that routes have at the request's address */
export function methodNotAllowed(method: string, allowed: readonly string[]): AppError {
  const message = `This address does not have the method ${method}, but ${allowed.join(', ')}.`;
  return new AppError('request.method_not_allowed', message);
}

function faultOf(error: unknown): AppError {
  // Body parsers and Nest itself speak in HTTP statuses.
  const status =
    error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (typeof status !== 'number' || status >= 500) return toAppError(error);
  const code = BY_STATUS[status] ?? 'request.invalid';
  const message =
    code === 'request.not_found' ? 'There is nothing at this address.' : 'The request is malformed.';
  return new AppError(code, code === 'request.too_large' ? 'The request is too large.' : message, {
    cause: error,
  });
}

/** Answers a request by a fault: in OpenAI's own shape under /v1, in Deepgram's on its routes, in Triton's under /v2, in ours elsewhere. An answer that has begun is broken off. */
export function answerFault(request: Request, response: Response, fault: AppError): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { http } = errorRow(fault.code);
  if (fault.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', String(fault.retryAfterSeconds));
  if (http === 401) response.setHeader('www-authenticate', 'Bearer');
  const requestId = requestIdOf(response);
  response
    .status(http)
    .set(faultHeaders(request.path, fault, requestId))
    .json(faultBody(request.path, fault, requestId));
  stopUpload(request);
}

/** The body by which a fault is answered at a path. */
export function faultBody(path: string, fault: AppError, requestId: string): object {
  if (isDeepgramPath(path)) return toDeepgramErrorBody(fault, requestId);
  if (isInferencePath(path)) return toInferenceErrorBody(fault);
  return path.startsWith('/v1/') ? toOpenAiErrorBody(fault) : toErrorBody(fault, requestId);
}

/** What clients of a path's API read of a fault in headers. */
export function faultHeaders(
  path: string,
  fault: AppError,
  requestId: string,
): Readonly<Record<string, string>> {
  return isDeepgramPath(path) ? deepgramFaultHeaders(fault, requestId) : {};
}
