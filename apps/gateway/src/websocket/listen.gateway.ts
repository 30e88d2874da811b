import { type BeforeApplicationShutdown, Inject } from '@nestjs/common';
import { type OnGatewayConnection, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket, WebSocketServer as Server } from 'ws';
import type { ListenQuery } from '@parlance/contracts';
import { AppError, toAppError } from '@parlance/errors';
import { MessageBus, ObjectStore } from '@parlance/messaging';
import {
  contextOf,
  extractTrace,
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
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { recognitionModel } from '../recognition/model-names.js';
import { RecognitionClient } from '../recognition/recognition.client.js';
import { RecordingStore } from '../turns/recording-store.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { TurnService } from '../turns/turn.service.js';
import { ClientSocket } from './client-socket.js';
import { ListenOpening } from './listen-opening.js';
import { readListenQuery } from './listen-query.js';
import { ListenSession } from './listen-session.js';

export const LISTEN_PATH = '/v1/listen';
/** Longest wait for the list of voices. */
const VOICE_CHECK_MS = 5_000;
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
    private readonly recognition: RecognitionClient,
    private readonly calls: OpenCalls,
    private readonly turns: TurnService,
    private readonly recordings: RecordingStore,
    private readonly bus: MessageBus,
    private readonly objects: ObjectStore,
    private readonly voices: VoicesService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
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
    opening.atEnd(this.slots.take(tenant));
    const query = readListenQuery(url.searchParams);
    const session = this.sessionOf(tenant, query, opening.requestId);
    opening.begin(session);
    opening.atEnd(this.calls.add(session));
    openSockets().inc();
    opening.atEnd(() => openSockets().dec());
    const { traceparent, tracestate } = request.headers;
    const parent = extractTrace({
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      tracestate: typeof tracestate === 'string' ? tracestate : undefined,
    });
    const span = startSpan('listen', { kind: SpanKind.SERVER, parent, identity: { tenant } });
    opening.atEnd(() => span.end());
    const within = contextOf(span, { tenant }, parent);
    await runIn(within, async () => {
      try {
        if (query.converse && query.speak)
          await this.voices.require(query.voice, AbortSignal.timeout(VOICE_CHECK_MS));
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

  private sessionOf(tenant: string, query: ListenQuery, requestId: string): ListenSession {
    const services = {
      turns: this.turns,
      recordings: this.recordings,
      bus: this.bus,
      objects: this.objects,
      base: this.config.PARLANCE_PUBLIC_URL,
    };
    return new ListenSession(this.recognition, services, {
      requestId,
      tenant,
      query,
      model: recognitionModel(query.model),
      ffmpegPath: this.config.PARLANCE_FFMPEG,
      idleMs: this.config.PARLANCE_LISTEN_IDLE_MS,
      answerMs: this.config.PARLANCE_TURN_TIMEOUT_MS,
    });
  }
}
