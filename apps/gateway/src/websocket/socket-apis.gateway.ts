import { Inject, type Type } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { requireScope } from '../auth/caller.js';
import { OpenCalls } from '../drain/open-calls.service.js';
import { LISTEN_PATH, SPEAK_PATH } from '../http/deepgram/deepgram-faults.js';
import { readSpeakSocketQuery } from '../http/deepgram/speak-query.js';
import { AdmittedSockets, SOCKET_OPTIONS, type AdmittedSession } from './admitted-sockets.js';
import { faultEvent, listenFaultEvent } from './client-socket.js';
import { LearnSessions } from './learn/learn-sessions.service.js';
import type { AdmittingGateway } from './listen-adapter.js';
import { ListenSessions } from './listen-sessions.service.js';
import { readListenQuery } from './listen-view.js';
import { RealtimeCallers } from './realtime/realtime-callers.service.js';
import { readHandshake, REALTIME_SUBPROTOCOL } from './realtime/realtime-handshake.js';
import { RealtimeSessions } from './realtime/realtime-sessions.service.js';
import { errorEvent } from './realtime/realtime-view.js';
import { SocketCallers } from './socket-callers.service.js';
import type { SocketOpening } from './socket-opening.js';
import { SpeakSessions } from './speak/speak-sessions.service.js';
import { StreamSessions } from './stream/stream-sessions.service.js';

/** The WebSocket API of live speech. */
@WebSocketGateway({ path: LISTEN_PATH, ...SOCKET_OPTIONS })
export class ListenGateway extends AdmittedSockets {
  constructor(
    private readonly callers: SocketCallers,
    private readonly sessions: ListenSessions,
    calls: OpenCalls,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({ name: 'listen', path: LISTEN_PATH, faultView: listenFaultEvent }, calls, logger);
  }

  protected async begin(
    request: IncomingMessage,
    url: URL,
    opening: SocketOpening,
  ): Promise<AdmittedSession> {
    const caller = await this.callers.enter(request, url, opening, 'speech');
    const query = readListenQuery(url.searchParams);
    if (query.converse) requireScope(caller, 'sessions');
    const session = this.sessions.create(caller, query, opening.requestId);
    return { session, tenant: caller.tenant };
  }
}

export const LEARN_PATH = '/v1/learn';

/** The WebSocket API for learning clients. */
@WebSocketGateway({ path: LEARN_PATH, ...SOCKET_OPTIONS })
export class LearnGateway extends AdmittedSockets {
  constructor(
    private readonly callers: SocketCallers,
    private readonly sessions: LearnSessions,
    calls: OpenCalls,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({ name: 'learn', path: LEARN_PATH, faultView: faultEvent }, calls, logger);
  }

  protected async begin(
    request: IncomingMessage,
    url: URL,
    opening: SocketOpening,
  ): Promise<AdmittedSession> {
    const caller = await this.callers.enter(request, url, opening, 'sessions');
    return { session: this.sessions.create(caller), tenant: caller.tenant };
  }
}

export const STREAM_PATH = '/v1/stream';

/** The WebSocket API of raw PCM. */
@WebSocketGateway({ path: STREAM_PATH, ...SOCKET_OPTIONS })
export class StreamGateway extends AdmittedSockets {
  constructor(
    private readonly sessions: StreamSessions,
    calls: OpenCalls,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({ name: 'stream', path: STREAM_PATH, faultView: faultEvent }, calls, logger);
  }

  protected begin(_request: IncomingMessage, _url: URL, opening: SocketOpening): AdmittedSession {
    return { session: this.sessions.create(opening) };
  }
}

export const REALTIME_PATH = '/v1/realtime';
/** Audio of `REALTIME_MAX_APPEND_MS` in base64, and what is written about it. */
const MAX_REALTIME_FRAME_BYTES = 2 * 1024 ** 2;

/** OpenAI's Realtime API, for transcription and conversations. */
@WebSocketGateway({
  path: REALTIME_PATH,
  ...SOCKET_OPTIONS,
  maxPayload: MAX_REALTIME_FRAME_BYTES,
  handleProtocols: (offered: Set<string>) =>
    offered.has(REALTIME_SUBPROTOCOL) ? REALTIME_SUBPROTOCOL : SOCKET_OPTIONS.handleProtocols(offered),
})
export class RealtimeGateway extends AdmittedSockets {
  constructor(
    private readonly callers: RealtimeCallers,
    private readonly sessions: RealtimeSessions,
    calls: OpenCalls,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({ name: 'realtime', path: REALTIME_PATH, faultView: (fault) => errorEvent(fault) }, calls, logger);
  }

  protected async begin(
    request: IncomingMessage,
    url: URL,
    opening: SocketOpening,
  ): Promise<AdmittedSession> {
    const { caller, session: bound } = await this.callers.enter(request, url, opening);
    const handshake = readHandshake(request.headers, url.searchParams, this.sessions.knownModels);
    const isTranscription = bound ? bound.type === 'transcription' : handshake.isTranscription;
    if (!isTranscription) requireScope(caller, 'sessions');
    const session = this.sessions.create(caller, { ...handshake, isTranscription }, bound);
    return { session, tenant: caller.tenant };
  }
}

/** Deepgram's WebSocket API of speech. */
@WebSocketGateway({ path: SPEAK_PATH, ...SOCKET_OPTIONS })
export class SpeakGateway extends AdmittedSockets {
  constructor(
    private readonly callers: SocketCallers,
    private readonly sessions: SpeakSessions,
    calls: OpenCalls,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({ name: 'speak', path: SPEAK_PATH, faultView: listenFaultEvent }, calls, logger);
  }

  protected async begin(
    request: IncomingMessage,
    url: URL,
    opening: SocketOpening,
  ): Promise<AdmittedSession> {
    const caller = await this.callers.enter(request, url, opening, 'speech');
    const query = readSpeakSocketQuery(url.searchParams);
    return { session: this.sessions.create(caller, query), tenant: caller.tenant };
  }
}

/** The WebSocket APIs by their paths. */
export const SOCKET_GATEWAYS: ReadonlyMap<string, Type<AdmittingGateway>> = new Map<
  string,
  Type<AdmittingGateway>
>([
  [LISTEN_PATH, ListenGateway],
  [LEARN_PATH, LearnGateway],
  [STREAM_PATH, StreamGateway],
  [REALTIME_PATH, RealtimeGateway],
  [SPEAK_PATH, SpeakGateway],
]);
