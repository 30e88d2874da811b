import type { NextFunction, Request, Response } from 'express';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError, clientGone } from '@parlance/errors';
import {
  contextOf,
  extractTrace,
  histogram,
  runIn,
  SpanKind,
  startSpan,
  type Context,
  type Logger,
} from '@parlance/telemetry';

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** What orchestrators ask: never refused, and not logged unless somebody looks for it. */
export const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

const duration = () => histogram('parlance_gateway_request_seconds');

/** What stands for the route of a request that no route answered. */
export const NO_ROUTE = 'none';

/** The pattern of a request's route: ids are no part of it. */
export function routeOf({ route }: Request): string {
  return String((route as { path?: unknown } | undefined)?.path ?? NO_ROUTE);
}

/** Gives every request its id, its span (under the caller's trace), a line in the log and a place in the metrics. */
export function requestScope(logger: Logger) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const offered = request.get('x-request-id') ?? '';
    response.setHeader('x-request-id', REQUEST_ID.test(offered) ? offered : randomUUID());
    const parent = callerTrace(request);
    // The query is left out: browsers may carry a key there.
    const { method, path } = request;
    const span = startSpan(`${method} ${path}`, {
      kind: SpanKind.SERVER,
      parent,
      attributes: { 'http.request.method': method, 'url.path': path },
    });
    response.setHeader('x-trace-id', span.spanContext().traceId);
    // The reader or writer reports the error; without a listener it would end the process.
    for (const stream of [request, response]) stream.on('error', () => undefined);
    const end = duration().startTimer({ method });
    const scope = contextOf(span, undefined, parent);
    response.once('close', () => {
      const status = response.statusCode;
      span.setAttribute('http.response.status_code', status);
      span.end();
      const level = PROBES.has(path) ? 'debug' : 'info';
      const requestId = requestIdOf(response);
      runIn(scope, () => {
        const seconds = end({ route: routeOf(request), status: String(status) });
        logger[level]({ method, path, status, seconds, requestId }, 'request served');
      });
    });
    runIn(scope, next);
  };
}

/** The trace that a request's headers name (W3C trace context); other headers of theirs are not passed on. */
export function callerTrace({ headers }: IncomingMessage): Context {
  const [traceparent, tracestate] = [headers.traceparent, headers.tracestate].map((value) =>
    Array.isArray(value) ? value[0] : value,
  );
  return extractTrace({ traceparent, tracestate });
}

export function requestIdOf(response: Response): string {
  return String(response.getHeader('x-request-id') ?? '');
}

/** Fires when the client leaves before its answer is whole, or when `timeoutMs` have passed. */
export function requestSignal(response: Response, timeoutMs: number): AbortSignal {
  const abort = new AbortController();
  const timer = setTimeout(
    () =>
      abort.abort(new AppError('request.deadline_exceeded', 'The request took longer than its deadline.')),
    timeoutMs,
  );
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.writableFinished) abort.abort(clientGone());
  });
  return abort.signal;
}

/** The cause of a cancelled request: the deadline, or the client itself. */
export function causeOf(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted ? signal.reason : error;
}

const LINGER_MS = 2_000;

/**
 * Ends an upload that is not needed any more. The connection stays for a moment and what comes is dropped, so that a client
 * that is still sending gets to read its answer; then it is cut.
 */
export function stopUpload(request: Request): void {
  if (request.complete) return;
  request.unpipe();
  request.resume();
  const cut = setTimeout(() => request.socket.destroy(), LINGER_MS);
  request.once('end', () => clearTimeout(cut));
  request.once('close', () => clearTimeout(cut));
}
