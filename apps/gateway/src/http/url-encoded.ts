import type { NextFunction, Request, Response } from 'express';
import { AppError } from '@parlance/errors';
import { answerFault } from './fault.filter.js';
import { isInferencePath } from './models/infer.schema.js';

/** Refuses a body that no route reads: what curl makes of data where nobody says what it is. */
export function refuseUrlEncoded(request: Request, response: Response, next: NextFunction): void {
  // Examples of KServe's documentation leave curl's own type on their JSON.
  if (isInferencePath(request.path) || !request.is('application/x-www-form-urlencoded')) return next();
  const message =
    'body: is sent as application/x-www-form-urlencoded; send JSON as application/json, and recordings as multipart/form-data';
  answerFault(request, response, new AppError('request.invalid', message));
}
