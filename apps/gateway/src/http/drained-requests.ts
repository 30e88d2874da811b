import type { NextFunction, Request, Response } from 'express';
import { toAppError, toOpenAiErrorBody } from '@parlance/errors';
import { draining, type OpenCalls } from '../drain/open-calls.service.js';
import { answerFault } from './fault.filter.js';
import { PROBES } from './request-scope.js';

/** Counts requests among what is open, so that a drain waits for them, and refuses new ones while it does. */
export function drainedRequests(calls: OpenCalls) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (PROBES.has(request.path)) return next();
    try {
      response.once(
        'close',
        calls.add({ drain: () => leaveAfter(response), cut: () => cutShort(request, response) }),
      );
    } catch (error) {
      leaveAfter(response);
      return answerFault(request, response, toAppError(error));
    }
    next();
  };
}

/** Makes this the connection's last answer. */
function leaveAfter(response: Response): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}

/** Tells the client that its request is not answered any more: by status, or by an event in a stream of events. */
function cutShort(request: Request, response: Response): void {
  if (response.writableEnded) return;
  const isEvents = String(response.getHeader('content-type')).startsWith('text/event-stream');
  if (response.headersSent && isEvents)
    response.end(`data: ${JSON.stringify(toOpenAiErrorBody(draining()))}\n\n`);
  else answerFault(request, response, draining());
}
