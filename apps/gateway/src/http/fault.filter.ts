import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError, errorRow, toAppError, type ErrorCode } from '@parlance/errors';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { answerFault } from './fault-answer.js';

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'request.not_found',
  405: 'request.not_found',
  413: 'request.too_large',
};

/** Logs a request's fault and answers by it. */
@Catch()
export class FaultFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const fault = faultOf(error);
    const { http } = errorRow(fault.code);
    if (http >= 500) this.logger.error({ err: error }, `request failed: ${fault.code}`);
    else this.logger.info({ code: fault.code }, `request refused: ${fault.message}`);
    answerFault(request, response, fault);
  }
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
