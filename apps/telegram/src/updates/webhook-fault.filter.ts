import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { AppError, errorRow, toAppError, toErrorBody } from '@parlance/errors';
import type { Logger } from '@parlance/telemetry';

interface FaultResponse {
  setHeader(name: string, value: string): unknown;
  status(code: number): { json(body: unknown): unknown };
}

/** Answers Telegram by the fault's status: for each but 200 it sends the update again. */
@Catch()
export class WebhookFaultFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<FaultResponse>();
    const fault = faultOf(error);
    const { http } = errorRow(fault.code);
    const requestId = randomUUID();
    if (http >= 500) this.logger.error({ err: error, requestId }, `request failed: ${fault.code}`);
    else this.logger.info({ code: fault.code, requestId }, `request refused: ${fault.message}`);
    if (fault.retryAfterSeconds !== undefined)
      response.setHeader('retry-after', String(fault.retryAfterSeconds));
    response.status(http).json(toErrorBody(fault, requestId));
  }
}

/** Body parsers and Nest itself speak in HTTP statuses. */
function faultOf(error: unknown): AppError {
  const status =
    error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (typeof status !== 'number' || status >= 500) return toAppError(error);
  if (status === 404) return new AppError('request.not_found', 'There is nothing at this address.');
  if (status === 413) return new AppError('request.too_large', 'The request is too large.');
  return new AppError('request.invalid', 'The request is malformed.', { cause: error });
}
