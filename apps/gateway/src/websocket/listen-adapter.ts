import type { INestApplication, Type } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { ulid } from 'ulid';
import type { WebSocketServer } from 'ws';
import { AppError, errorRow, toAppError, toDeepgramErrorBody, toErrorBody } from '@parlance/errors';
import type { Logger } from '@parlance/telemetry';
import { deepgramFaultHeaders, isDeepgramPath } from '../http/deepgram/deepgram-faults.js';
import { SOCKET_IO_PATH } from '../socketio/voice-server.service.js';

/** For the client to read the answer, milliseconds. */
const LINGER_MS = 2_000;

/** A WebSocket gateway whose sockets are admitted before they are opened. */
export interface AdmittingGateway {
  /** Gets all that a socket needs. @returns what keeps it from being opened */
  admit(request: IncomingMessage): Promise<AppError | undefined>;
  /** The client has gone before its socket was there. */
  abandon(request: IncomingMessage): void;
}

/** Answers every upgrade: an unknown path or a refused request gets an HTTP answer, where the client can read one. */
export class ListenAdapter extends WsAdapter {
  /** @param gateways  by the path of their sockets */
  constructor(
    private readonly app: INestApplication,
    private readonly log: Logger,
    private readonly gateways: ReadonlyMap<string, Type<AdmittingGateway>>,
  ) {
    // Frames are read by the sessions of the gateways themselves: no message is parsed on the way.
    super(app, { messageParser: () => undefined });
  }

  protected override ensureHttpServerExists(port: number, server: Server = createServer()) {
    if (this.httpServersRegistry.has(port)) return undefined;
    this.httpServersRegistry.set(port, server);
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Socket.IO answers for its own path.
      if (request.url?.startsWith(`${SOCKET_IO_PATH}/`)) return;
      // A connection that is reset meanwhile closes; there is no client to answer.
      socket.on('error', () => undefined);
      this.upgrade(port, request, socket, head).catch((error: unknown) => {
        this.log.error({ err: error }, 'an upgrade failed');
        refuseUpgrade(socket, request, toAppError(error));
      });
    });
    return server;
  }

  private async upgrade(port: number, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '';
    const servers = this.wsServersRegistry.get(port) as (WebSocketServer & { path: string })[] | undefined;
    const server = servers?.find((candidate) => candidate.path === path);
    const type = this.gateways.get(path);
    if (!server || !type)
      return refuseUpgrade(
        socket,
        request,
        new AppError('request.not_found', 'There is nothing at this address.'),
      );
    const gateway = this.app.get(type);
    const abandon = (): void => gateway.abandon(request);
    socket.once('close', abandon);
    const fault = await gateway.admit(request);
    // Browsers cannot read the answer to a refused handshake: they get the error once the socket is open.
    if (fault && request.headers.authorization) return refuseUpgrade(socket, request, fault);
    server.handleUpgrade(request, socket, head, (client) => {
      socket.off('close', abandon);
      server.emit('connection', client, request);
    });
  }
}

/** Answers an upgrade by the fault's HTTP status and body, and closes the connection. Clients of Deepgram read its own fields and headers. */
function refuseUpgrade(socket: Duplex, { url }: IncomingMessage, fault: AppError): void {
  const requestId = ulid();
  const isDeepgram = isDeepgramPath(url?.split('?', 1)[0]);
  const body = JSON.stringify({
    ...toErrorBody(fault, requestId),
    ...(isDeepgram ? toDeepgramErrorBody(fault, requestId) : {}),
  });
  const { http } = errorRow(fault.code);
  const head = [
    `HTTP/1.1 ${http} ${STATUS_CODES[http] ?? 'Refused'}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...(isDeepgram ? headerLines(deepgramFaultHeaders(fault, requestId)) : []),
    ...(fault.retryAfterSeconds === undefined ? [] : [`retry-after: ${fault.retryAfterSeconds}`]),
    ...(http === 401 ? ['www-authenticate: Bearer'] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Read on, so that the client's end of the connection is seen.
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(cut));
}

function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}
