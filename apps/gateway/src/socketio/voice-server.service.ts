import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server as HttpServer } from 'node:http';
import { Server, type Namespace } from 'socket.io';
import { Adapter } from 'socket.io-adapter';
import { VOICE_NAMESPACE, type Principal, type VoiceServerEvents } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { MessageBus, type Announcements } from '@parlance/messaging';
import { gauge, LOGGER, type Logger } from '@parlance/telemetry';
import { atExpiry } from '../auth/caller.js';
import { draining, OpenCalls } from '../drain/open-calls.service.js';
import { SessionEndings } from '../sessions/session-endings.service.js';
import type { SocketData, VoiceIoSocket } from './event-socket.js';
import { sessionRoom } from './session-channel.js';
import { ReplicaAdapter } from './replica-adapter.js';
import { SessionJoins } from './session-joins.service.js';
import { HandshakeRefusal, VoiceHandshake } from './voice-handshake.service.js';
import { VoiceSocket } from './voice-socket.js';

/** Where Socket.IO's transports live, long polling and WebSocket. */
export const SOCKET_IO_PATH = '/socket.io';
/** A message of a client; whole recordings are the longest. */
const MAX_MESSAGE_BYTES = 9 * 1024 ** 2;
/** For a connection to say what it wants, milliseconds. */
const CONNECT_LIMIT_MS = 10_000;

type VoiceNamespace = Namespace<Record<string, never>, VoiceServerEvents, Record<string, never>, SocketData>;

const openSockets = () => gauge('parlance_gateway_voice_sockets');

/** Serves the Socket.IO namespace `/voice` on the gateway's HTTP port. */
@Injectable()
export class VoiceServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sockets = new Set<VoiceSocket>();
  private io: Server | undefined;
  private ended: Announcements | undefined;

  constructor(
    private readonly http: HttpAdapterHost,
    private readonly bus: MessageBus,
    private readonly handshake: VoiceHandshake,
    private readonly calls: OpenCalls,
    private readonly joins: SessionJoins,
    private readonly endings: SessionEndings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { bus, logger } = this;
    this.io = new Server(this.http.httpAdapter.getHttpServer() as HttpServer, {
      path: SOCKET_IO_PATH,
      serveClient: false,
      // Upgrades of other paths are the ListenAdapter's.
      destroyUpgrade: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      connectTimeout: CONNECT_LIMIT_MS,
      perMessageDeflate: false,
      // Pages of other origins may call: they are kept out by tokens, not by cookies.
      cors: { origin: '*' },
      // Clients try again elsewhere.
      allowRequest: (_, decide) => decide(null, this.calls.isAdmitting),
      // Socket.IO calls it by `new`, which an arrow function does not bear.
      adapter: function (namespace: Namespace) {
        return namespace.name === VOICE_NAMESPACE
          ? new ReplicaAdapter(namespace, bus, logger)
          : new Adapter(namespace);
      } as unknown as typeof Adapter,
    });
    this.io.use((_, next) =>
      next(new HandshakeRefusal(new AppError('request.not_found', `Connect to ${VOICE_NAMESPACE}.`))),
    );
    const voice = this.io.of(VOICE_NAMESPACE) as unknown as VoiceNamespace;
    voice.use((socket, next) => {
      this.handshake.admit(socket).then(
        () => next(),
        (error: unknown) => {
          const refusal = new HandshakeRefusal(error);
          this.logger.info({ code: refusal.data.code, requestId: refusal.data.requestId }, 'socket refused');
          next(refusal);
        },
      );
    });
    voice.on('connection', (socket) => this.serve(socket));
    this.ended = this.endings.listen();
    void this.tellEndings(voice, this.ended);
  }

  /** Sockets that outlived the drain are cut: the HTTP server would wait for them. */
  beforeApplicationShutdown(): void {
    this.ended?.close();
    void this.io?.of(VOICE_NAMESPACE).adapter.close();
    this.io?.engine.close();
  }

  private serve(socket: VoiceIoSocket): void {
    const { principal, release } = socket.data;
    const client = new VoiceSocket(socket, this.joins, this.logger);
    socket.once('disconnect', release);
    let forget = (): void => undefined;
    try {
      forget = this.calls.add(client);
    } catch {
      return client.cut(draining());
    }
    socket.once(
      'disconnect',
      atExpiry(principal, (fault) => client.cut(fault)),
    );
    this.sockets.add(client);
    openSockets().inc();
    // In memory: it is there at once.
    if (principal.user !== undefined) void socket.join(userRoom(principal));
    client
      .run()
      .catch((err: unknown) => this.logger.error({ err }, 'a socket did not end in order'))
      .finally(() => {
        this.sockets.delete(client);
        openSockets().dec();
        forget();
      });
  }

  /** Each replica tells its own sockets, each of them once, whatever rooms of the two it is in. */
  private async tellEndings(voice: VoiceNamespace, endings: Announcements): Promise<void> {
    for await (const data of endings) {
      const ending = this.endings.read(data);
      if (!ending) continue;
      const { tenant, user, ended } = ending;
      const rooms = [
        sessionRoom(ended.sessionId),
        ...(user === undefined ? [] : [userRoom({ tenant, user })]),
      ];
      voice.local.to(rooms).emit('voice:ended', ended);
      for (const socket of this.sockets) socket.endSession(ended.sessionId);
    }
  }
}

/** Room of all sockets of a user; users of two tenants may have the same name. */
function userRoom({ tenant, user }: Principal): string {
  return `user:${tenant}/${user}`;
}
