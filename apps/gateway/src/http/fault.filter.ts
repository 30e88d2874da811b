import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  AppError,
  errorRow,
  toAppError,
  toDeepgramErrorBody,
  toErrorBody,
  toOpenAiErrorBody,
  type ErrorCode,
} from '@parlance/errors';
import { LOGGER, type Logger } from '@parlance/telemetry';
import type { TenantRequest } from '../auth/access.guard.js';
import { LISTEN_PATH, deepgramFaultHeaders } from './deepgram/deepgram-faults.js';
import { requestIdOf, stopUpload } from './request-scope.js';

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'request.not_found',
  405: 'request.not_found',
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
    const fault = faultOf(error);
    const { http } = errorRow(fault.code);
    if (http >= 500) this.logger.error({ err: error }, `request failed: ${fault.code}`);
    else this.logger.info({ code: fault.code }, `request refused: ${fault.message}`);
    const { tenant } = request as Partial<TenantRequest>;
    if (tenant !== undefined) this.note(tenant, fault.code, routeOf(request));
    answerFault(request, response, fault);
  }
}

/** The pattern of a request's route: ids are no part of it. */
function routeOf({ method, route }: Request): string {
  return `${method} ${String((route as { path?: unknown } | undefined)?.path ?? 'none')}`;
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

/** Answers a request by a fault: in OpenAI's own shape under /v1, in Deepgram's on its route, in ours elsewhere. An answer that has begun is broken off. */
export function answerFault(request: Request, response: Response, fault: AppError): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { http } = errorRow(fault.code);
  if (fault.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', String(fault.retryAfterSeconds));
  if (http === 401) response.setHeader('www-authenticate', 'Bearer');
  response.status(http).json(bodyOf(request, response, fault));
  stopUpload(request);
}

function bodyOf({ path }: Request, response: Response, fault: AppError): object {
  const requestId = requestIdOf(response);
  if (path !== LISTEN_PATH)
    return path.startsWith('/v1/') ? toOpenAiErrorBody(fault) : toErrorBody(fault, requestId);
  response.set(deepgramFaultHeaders(fault, requestId));
  return toDeepgramErrorBody(fault, requestId);
}
