import { randomUUID } from 'node:crypto';
import { METHODS, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Application } from 'express';
import { AppError, errorRow } from '@parlance/errors';
import { faultBody, faultHeaders, methodNotAllowed } from './fault.filter.js';
import { allowedMethods } from './route-methods.js';

/** What Node's parser says of bytes that are no request. */
interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/** A connection, with the answer that is being sent on it. */
type Connection = Duplex & { readonly _httpMessage?: ServerResponse | null };

/** By the codes of Node's errors, as Node answers them where nobody else does; 400 for the others. */
const STATUSES: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

const REQUEST_LINE = /^([\w!#$%&'*+.^`|~-]+) (\/\S*) HTTP\/1\.[01]\r?\n/;

/** Answers requests by a method that Node does not know, as an application answers those by one that its route does not have: Node's
 *  parser refuses them before there is a request. Other bytes that are no request are answered as Node does. */
export function answerUnknownMethods(server: Server, app: Application): void {
  server.on('clientError', (error: ParserError, connection: Connection) => {
    // An answer that has begun would be mixed up with this one.
    if (!connection.writable || connection._httpMessage?.headersSent) return connection.destroy(error);
    const answer = unknownMethodAnswer(error, app) ?? bareAnswer(STATUSES[error.code ?? ''] ?? 400);
    return connection.end(answer, () => connection.destroy());
  });
}

/** Undefined where the bytes do not begin with a line that names such a method. */
function unknownMethodAnswer({ rawPacket }: ParserError, app: Application): string | undefined {
  const [, method = '', target = ''] = REQUEST_LINE.exec(rawPacket?.toString('latin1') ?? '') ?? [];
  if (method === '' || METHODS.includes(method)) return undefined;
  const path = target.replace(/\?.*/, '');
  const allowed = allowedMethods(app, path);
  const fault =
    allowed.length > 0
      ? methodNotAllowed(method, allowed)
      : new AppError('request.not_found', 'There is nothing at this address.');
  const requestId = randomUUID();
  const body = JSON.stringify(faultBody(path, fault, requestId));
  return answerOf(
    errorRow(fault.code).http,
    {
      ...faultHeaders(path, fault, requestId),
      ...(allowed.length > 0 ? { allow: allowed.join(', ') } : {}),
      'x-request-id': requestId,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
    },
    body,
  );
}

const bareAnswer = (status: number): string => answerOf(status, {}, '');

function answerOf(status: number, headers: Readonly<Record<string, string>>, body: string): string {
  const fields = Object.entries({ ...headers, connection: 'close' });
  const lines = fields.map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n');
}
