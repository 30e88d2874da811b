import { type BeforeApplicationShutdown, Inject } from '@nestjs/common';
import { type OnGatewayConnection, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import { ulid } from 'ulid';
import type { WebSocket, WebSocketServer as Server } from 'ws';
import { toAppError } from '#libs/errors';
import { MessageBus, ObjectStore } from '#libs/messaging';
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
} from '#libs/telemetry';
import { ApiKeys } from '../auth/api-keys.service.js';
import { TenantSlots } from '../auth/tenant-slots.service.js';
import { OpenStreams } from '../drain/open-streams.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { recognitionModel } from '../recognition/model-names.js';
import { RecognitionClient } from '../recognition/recognition.client.js';
import { RecordingStore } from '../turns/recording-store.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { TurnService } from '../turns/turn.service.js';
import { ClientSocket } from './client-socket.js';
import { ConversationFeed } from './conversation-feed.js';
import { readListenQuery } from './listen-query.js';
import { ListenSession } from './listen-session.js';

export const LISTEN_PATH = '/v1/listen';
/** Longest wait for the list of voices. */
const VOICE_CHECK_MS = 5_000;
const MAX_FRAME_BYTES = 1024 ** 2;

const openSockets = () => gauge('parlance_gateway_listen_sockets', 'Open sockets of /v1/listen.');

/** The WebSocket door. Keys come in the Authorization header or, from browsers, as the subprotocol after `token` or in
 *  the query; browsers cannot see a refused handshake, so a refusal is an Error event and a close code. */
@WebSocketGateway({
  path: LISTEN_PATH,
  maxPayload: MAX_FRAME_BYTES,
  perMessageDeflate: false,
  handleProtocols: (offered: Set<string>) => (offered.has('token') ? 'token' : false),
})
export class ListenGateway implements OnGatewayConnection<WebSocket>, BeforeApplicationShutdown {
  @WebSocketServer() private readonly server!: Server;

  constructor(
    private readonly keys: ApiKeys,
    private readonly slots: TenantSlots,
    private readonly recognition: RecognitionClient,
    private readonly streams: OpenStreams,
    private readonly turns: TurnService,
    private readonly recordings: RecordingStore,
    private readonly bus: MessageBus,
    private readonly objects: ObjectStore,
    private readonly voices: VoicesService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    const requestId = ulid();
    const client = new ClientSocket(socket, requestId);
    try {
      const url = new URL(request.url ?? '/', 'http://gateway');
      const tenant = this.authenticate(request, url);
      socket.once('close', this.slots.take(tenant));
      this.serve(client, { request, url, tenant, requestId });
    } catch (error) {
      client.fail(error);
    }
  }

  /** Sockets that outlived the drain are cut: the HTTP server would wait for them. */
  beforeApplicationShutdown(): void {
    for (const socket of this.server.clients) socket.terminate();
  }

  private authenticate(request: IncomingMessage, url: URL): string {
    if (request.headers.authorization) return this.keys.authenticateHeader(request.headers.authorization);
    const [scheme, key] = (request.headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map((part) => part.trim());
    return this.keys.authenticate(scheme === 'token' ? key : (url.searchParams.get('token') ?? undefined));
  }

  private serve(
    client: ClientSocket,
    {
      request,
      url,
      tenant,
      requestId,
    }: { request: IncomingMessage; url: URL; tenant: string; requestId: string },
  ): void {
    const { traceparent, tracestate } = request.headers;
    const parent = extractTrace({
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      tracestate: typeof tracestate === 'string' ? tracestate : undefined,
    });
    const span = startSpan('listen', { kind: SpanKind.SERVER, parent, identity: { tenant } });
    openSockets().inc();
    void runIn(contextOf(span, { tenant }, parent), async () => {
      try {
        await this.run(client, url, tenant, requestId);
      } catch (error) {
        failSpan(span, error);
        this.logger.info({ code: toAppError(error).code, requestId }, 'socket refused');
        client.fail(error);
      } finally {
        openSockets().dec();
        span.end();
      }
    });
  }

  private async run(client: ClientSocket, url: URL, tenant: string, requestId: string): Promise<void> {
    const query = readListenQuery(url.searchParams);
    if (query.converse && query.speak)
      await this.voices.require(query.voice, AbortSignal.timeout(VOICE_CHECK_MS));
    const doors = {
      turns: this.turns,
      recordings: this.recordings,
      bus: this.bus,
      objects: this.objects,
      base: this.config.PARLANCE_PUBLIC_URL,
    };
    const feed = query.converse ? await ConversationFeed.open(tenant, query, doors, client) : undefined;
    const options = {
      requestId,
      tenant,
      query,
      model: recognitionModel(query.model),
      ffmpegPath: this.config.PARLANCE_FFMPEG,
      idleMs: this.config.PARLANCE_LISTEN_IDLE_MS,
      answerMs: this.config.PARLANCE_TURN_TIMEOUT_MS,
    };
    await new ListenSession(client, this.recognition, this.streams, options, feed).run();
  }
}
