import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ulid } from 'ulid';
import { errorRow, toErrorBody, type AppError } from '@parlance/errors';

/** For the client to read the answer, milliseconds. */
const LINGER_MS = 2_000;

/** Answers an upgrade by the fault's HTTP status and body, and closes the connection. */
export function refuseUpgrade(socket: Duplex, fault: AppError): void {
  const requestId = ulid();
  const body = JSON.stringify(toErrorBody(fault, requestId));
  const { http } = errorRow(fault.code);
  const head = [
    `HTTP/1.1 ${http} ${STATUS_CODES[http] ?? 'Refused'}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...(fault.retryAfterSeconds === undefined ? [] : [`retry-after: ${fault.retryAfterSeconds}`]),
    ...(http === 401 ? ['www-authenticate: Bearer'] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Read on, so that the client's end of the connection is seen.
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(cut));
}
