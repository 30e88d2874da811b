import { type BeforeApplicationShutdown, Inject } from '@nestjs/common';
import { type OnGatewayConnection, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket, WebSocketServer as Server } from 'ws';
import { toAppError, type AppError } from '@parlance/errors';
import {
  contextOf,
  failSpan,
  gauge,
  LOGGER,
  runIn,
  SpanKind,
  startSpan,
  type Logger,
} from '@parlance/telemetry';
import { ApiKeys } from '../auth/api-keys.service.js';
import { TenantSlots } from '../auth/tenant-slots.service.js';
import { OpenCalls } from '../drain/open-calls.service.js';
import { callerTrace } from '../http/request-scope.js';
import { ClientSocket } from './client-socket.js';
import { ListenOpening } from './listen-opening.js';
import { readListenQuery } from './listen-view.js';
import { ListenSessions } from './listen-sessions.service.js';

export const LISTEN_PATH = '/v1/listen';
const MAX_FRAME_BYTES = 1024 ** 2;
/** For the client to take what was sent and to answer the close; then the connection is cut. */
const CLOSE_LIMIT_MS = 5_000;

const openSockets = () => gauge('parlance_gateway_listen_sockets', 'Open sockets of /v1/listen.');

/** The WebSocket API. Keys come in the Authorization header or, from browsers, as the subprotocol after `token` or in
 *  the query. All that can be refused is refused before the socket is there: by HTTP where the client sends the header,
 *  else by an Error event and a close code, since browsers cannot see a refused handshake. */
@WebSocketGateway({
  path: LISTEN_PATH,
  maxPayload: MAX_FRAME_BYTES,
  closeTimeout: CLOSE_LIMIT_MS,
  perMessageDeflate: false,
  handleProtocols: (offered: Set<string>) => (offered.has('token') ? 'token' : false),
})
export class ListenGateway implements OnGatewayConnection<WebSocket>, BeforeApplicationShutdown {
  @WebSocketServer() private readonly server!: Server;
  private readonly openings = new WeakMap<IncomingMessage, ListenOpening>();

  constructor(
    private readonly keys: ApiKeys,
    private readonly slots: TenantSlots,
    private readonly calls: OpenCalls,
    private readonly sessions: ListenSessions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Gets all that a socket needs, before there is one. @returns what keeps it from being opened */
  async admit(request: IncomingMessage): Promise<AppError | undefined> {
    const opening = new ListenOpening();
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

  /** The client has gone before its socket was there. */
  abandon(request: IncomingMessage): void {
    this.openings.get(request)?.abandon();
  }

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    const opening = this.openings.get(request) ?? new ListenOpening();
    opening.run(new ClientSocket(socket, opening.requestId, this.logger));
  }

  /** Sockets that outlived the drain are cut: the HTTP server would wait for them. */
  beforeApplicationShutdown(): void {
    for (const socket of this.server.clients) socket.terminate();
  }

  private async open(request: IncomingMessage, opening: ListenOpening): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://gateway');
    const tenant = this.authenticate(request, url);
    opening.atEnd(this.slots.acquire(tenant));
    const session = this.sessions.create(tenant, readListenQuery(url.searchParams), opening.requestId);
    opening.begin(session);
    opening.atEnd(this.calls.add(session));
    openSockets().inc();
    opening.atEnd(() => openSockets().dec());
    const parent = callerTrace(request);
    const span = startSpan('listen', { kind: SpanKind.SERVER, parent, identity: { tenant } });
    opening.atEnd(() => span.end());
    const within = contextOf(span, { tenant }, parent);
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

  private authenticate(request: IncomingMessage, url: URL): string {
    if (request.headers.authorization) return this.keys.authenticateHeader(request.headers.authorization);
    const [scheme, key] = (request.headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map((part) => part.trim());
    return this.keys.authenticate(scheme === 'token' ? key : (url.searchParams.get('token') ?? undefined));
  }
}
