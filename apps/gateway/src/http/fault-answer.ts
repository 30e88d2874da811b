import type { Request, Response } from 'express';
import { errorRow, toErrorBody, toOpenAiErrorBody, type AppError } from '@parlance/errors';
import { requestIdOf, stopUpload } from './request-scope.js';

/** Answers a request by a fault: OpenAI's own shape under /v1, ours elsewhere. An answer that has begun is broken off. */
export function answerFault(request: Request, response: Response, fault: AppError): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { http } = errorRow(fault.code);
  if (fault.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', String(fault.retryAfterSeconds));
  if (http === 401) response.setHeader('www-authenticate', 'Bearer');
  const isOpenAi = request.path.startsWith('/v1/');
  response.status(http).json(isOpenAi ? toOpenAiErrorBody(fault) : toErrorBody(fault, requestIdOf(response)));
  stopUpload(request);
}
