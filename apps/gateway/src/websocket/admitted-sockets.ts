import type { BeforeApplicationShutdown } from '@nestjs/common';
import { type OnGatewayConnection, WebSocketServer } from '@nestjs/websockets';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { WebSocket, WebSocketServer as Server } from 'ws';
import { toAppError, type AppError } from '@parlance/errors';
import { contextOf, failSpan, gauge, runIn, SpanKind, startSpan, type Logger } from '@parlance/telemetry';
import type { OpenCalls } from '../drain/open-calls.service.js';
import { callerTrace } from '../http/request-scope.js';
import { ClientSocket, type FaultView } from './client-socket.js';
import type { AdmittingGateway } from './listen-adapter.js';
import { SocketOpening, type SocketSession } from './socket-opening.js';

const MAX_FRAME_BYTES = 1024 ** 2;
/** For the client to take what was sent and to answer the close; then the connection is cut. */
const CLOSE_LIMIT_MS = 5_000;

/** Subprotocols behind which a browser sends its key or token. */
export const KEY_PROTOCOLS: readonly string[] = ['token', 'bearer'];

/** The subprotocols that a client offers, in its order. */
export function offeredSubprotocols(headers: IncomingHttpHeaders): string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
}

/** How every WebSocket API is served. A browser that sends its key as a subprotocol gets the one before it back. */
export const SOCKET_OPTIONS = {
  maxPayload: MAX_FRAME_BYTES,
  closeTimeout: CLOSE_LIMIT_MS,
  perMessageDeflate: false,
  handleProtocols: (offered: Set<string>) => KEY_PROTOCOLS.find((name) => offered.has(name)) ?? false,
} as const;

/** What a WebSocket API is called, and by what. */
export interface SocketApi {
  /** In traces and metrics. */
  readonly name: 'listen' | 'learn' | 'stream' | 'realtime' | 'speak';
  readonly path: string;
  readonly faultView: FaultView;
}

/** The session of a socket that is being opened, and its tenant where that is known before the socket is open. */
export interface AdmittedSession {
  readonly session: SocketSession;
  readonly tenant?: string;
}

/**
 * A WebSocket API. All that can be refused is refused before the socket is there: by HTTP where the client sends the
 * Authorization header, else by an event and a close code, since browsers cannot see a refused handshake.
 */
export abstract class AdmittedSockets
  implements AdmittingGateway, OnGatewayConnection<WebSocket>, BeforeApplicationShutdown
{
  @WebSocketServer() private readonly server!: Server;
  private readonly openings = new WeakMap<IncomingMessage, SocketOpening>();
  private readonly sockets: ReturnType<typeof gauge>;

  protected constructor(
    private readonly api: SocketApi,
    private readonly calls: OpenCalls,
    private readonly logger: Logger,
  ) {
    // Made here, since a gauge that does not exist until its first socket reads as nothing, not as 0.
    const { name } = api;
    this.sockets = gauge(`parlance_gateway_${name}_sockets`);
  }

  /** Makes the session, which holds nothing yet. @param opening  releases what is acquired for it
   *  @throws AppError what keeps the socket from being opened */
  protected abstract begin(
    request: IncomingMessage,
    url: URL,
    opening: SocketOpening,
  ): AdmittedSession | Promise<AdmittedSession>;

  async admit(request: IncomingMessage): Promise<AppError | undefined> {
    const opening = new SocketOpening();
    this.openings.set(request, opening);
    try {
      await this.open(request, opening);
      return undefined;
    } catch (error) {
      const { code } = toAppError(error);
      this.logger.info({ code, err: error, requestId: opening.requestId }, 'socket refused');
      return opening.refuse(error);
    }
  }

  abandon(request: IncomingMessage): void {
    this.openings.get(request)?.abandon();
  }

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    const opening = this.openings.get(request) ?? new SocketOpening();
    opening.run(new ClientSocket(socket, opening.requestId, this.logger, this.api.faultView));
  }

  /** Sockets that outlived the drain are cut: the HTTP server would wait for them. */
  beforeApplicationShutdown(): void {
    for (const socket of this.server.clients) socket.terminate();
  }

  private async open(request: IncomingMessage, opening: SocketOpening): Promise<void> {
    const { name } = this.api;
    const url = new URL(request.url ?? '/', 'http://gateway');
    const { session, tenant } = await this.begin(request, url, opening);
    opening.begin(session);
    opening.atEnd(this.calls.add(session));
    this.sockets.inc();
    opening.atEnd(() => this.sockets.dec());
    const parent = callerTrace(request);
    const identity = tenant === undefined ? {} : { tenant };
    const span = startSpan(name, { kind: SpanKind.SERVER, parent, identity });
    opening.atEnd(() => span.end());
    const within = contextOf(span, identity, parent);
    await runIn(within, async () => {
      try {
        await session.admit();
      } catch (error) {
        failSpan(span, error);
        throw error;
      }
    });
    opening.admitted(within);
  }
}
