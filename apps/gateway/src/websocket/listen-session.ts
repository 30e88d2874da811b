import { listenControlSchema, type ListenQuery } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { draining } from '../drain/open-calls.service.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import type { LiveRecognition } from '../recognition/live-recognition.service.js';
import type { LiveStream } from '../recognition/live-stream.js';
import { SessionTurns, type SessionTurnEvent, type TurnServices } from '../live/session-turns.js';
import { SpokenAudio } from '../live/spoken-audio.js';
import type { VoiceSessions } from '../sessions/voice-sessions.service.js';
import type { VoicesService } from '../synthesis/voices.service.js';
import { readJson, type ClientSocket } from './client-socket.js';
import { ListenEvents } from './listen-events.js';
import { isDecodedHere, streamingConfig, takenListenEvent, turnListenEvent } from './listen-view.js';
import type { SocketSession } from './socket-opening.js';

/** Longest wait for the list of voices. */
const VOICE_CHECK_MS = 5_000;

/** What a session uses of the gateway. */
export interface ListenServices extends TurnServices {
  readonly recognition: LiveRecognition;
  readonly sessions: VoiceSessions;
  readonly voices: VoicesService;
  /** What links begin with. */
  readonly publicUrl: string;
}

export interface ListenOptions {
  readonly requestId: string;
  readonly tenant: string;
  /** Where the caller is a user: the only one whose sessions may be gone on with. */
  readonly user?: string | undefined;
  /** Whom usage is counted for. */
  readonly usedBy: QuotaSubject;
  readonly query: ListenQuery;
  readonly model: string;
  readonly ffmpegPath: string;
  readonly idleMs: number;
  /** How long the client may wait for answers after it has closed its side of the stream. */
  readonly answerMs: number;
}

/** One socket's speech: frames to inference, its events back; where the client converses, finals become turns of a session. */
export class ListenSession implements SocketSession {
  /** Fires when the client no longer waits for an admission or for answers. */
  private readonly leave = new AbortController();
  private idle: NodeJS.Timeout | undefined;
  private isEnding = false;
  private isDraining = false;
  private stream: LiveStream | undefined;
  private session: string | undefined;
  private client: ClientSocket | undefined;
  private turns: SessionTurns | undefined;
  private audio: SpokenAudio | undefined;
  private events: ListenEvents | undefined;

  constructor(
    private readonly services: ListenServices,
    private readonly options: ListenOptions,
  ) {}

  /** Gets all the stream needs, before there is a socket. @throws AppError as the voice, the session and inference refuse */
  async admit(): Promise<void> {
    const { model, tenant, user } = this.options;
    let { query } = this.options;
    const { recognition, sessions, voices } = this.services;
    if (query.converse && query.speak !== false)
      await voices.require(query.voice, AbortSignal.timeout(VOICE_CHECK_MS));
    if (query.converse) {
      const { id, settings } = await sessions.enter({ tenant, user }, query.session);
      this.session = id;
      // The connection's own word counts; what it does not say is as the session has it.
      if (query.languages.length === 0) query = { ...query, language: query.language || settings.language };
    }
    const identity = { tenant, ...(this.session ? { session: this.session } : {}) };
    const { signal } = this.leave;
    try {
      this.stream = await recognition.open(
        streamingConfig(query, model),
        identity,
        signal,
        this.options.usedBy,
      );
    } catch (error) {
      throw this.isDraining ? draining() : error;
    }
  }

  /** Releases what was admitted: the client has left. */
  abandon(): void {
    this.leave.abort();
    this.stream?.cancel();
  }

  /** Runs until the stream has ended, from either side. Never throws: the client gets the fault. */
  async run(client: ClientSocket): Promise<void> {
    this.client = client;
    client.over.addEventListener('abort', () => this.onOver(), { once: true });
    if (client.isClosed) this.onOver();
    let turnsPassed: Promise<void> | undefined;
    try {
      this.turns = await this.openTurns();
      this.audio = this.audioFrom(client);
      this.events = new ListenEvents({ ...this.options, session: this.session }, (event) =>
        client.send(event),
      );
      turnsPassed = this.passTurns(client).catch((error: unknown) => client.fail(error));
      this.listenTo(client);
      await this.passEvents();
      await this.turns?.flush();
      if (!client.isClosed) await this.turns?.answered(this.options.answerMs, this.leave.signal);
      if (this.isDraining) throw draining();
      client.close();
    } catch (error) {
      client.fail(error);
    } finally {
      clearTimeout(this.idle);
      this.abandon();
      this.audio?.close();
      this.events?.close();
      await this.turns?.close();
      await turnsPassed;
    }
  }

  /** Ends the audio: what was said is recognised to its end, and the client then goes on elsewhere. */
  drain(): void {
    this.isDraining = true;
    this.leave.abort();
    this.end();
  }

  cut(fault: AppError): void {
    this.client?.fail(fault);
    this.abandon();
  }

  private async openTurns(): Promise<SessionTurns | undefined> {
    const { query, tenant, usedBy } = this.options;
    if (this.session === undefined) return undefined;
    const { session } = this;
    return SessionTurns.open(this.services, { tenant, session, after: query.after, usedBy });
  }

  private audioFrom(client: ClientSocket): SpokenAudio | undefined {
    const { query, ffmpegPath } = this.options;
    if (!this.stream || !isDecodedHere(query)) return undefined;
    return new SpokenAudio(query, ffmpegPath, query.converse, this.stream, client);
  }

  private listenTo(client: ClientSocket): void {
    this.restartIdle();
    client.listen(async (data, isBinary) => {
      // While there is no room for more, a client that is not read is not idle.
      clearTimeout(this.idle);
      if (this.isEnding) return;
      try {
        if (isBinary) await this.receive(data);
        else await this.control(data);
      } finally {
        this.restartIdle();
      }
    });
  }

  /** An empty frame ends the audio, as CloseStream does. */
  private async receive(data: Buffer): Promise<void> {
    if (data.length === 0) return this.end();
    this.events?.receive(data);
    await (this.audio?.push(data) ?? this.stream?.send({ audio: data }));
  }

  private async control(data: Buffer): Promise<void> {
    const parsed = listenControlSchema.safeParse(readJson(data));
    if (!parsed.success)
      throw new AppError(
        'request.invalid',
        'A text frame must be {"type":"Finalize"|"KeepAlive"|"CloseStream"}.',
      );
    switch (parsed.data.type) {
      case 'Finalize':
        return this.stream?.send({ control: 'CONTROL_FINALIZE' });
      case 'KeepAlive':
        return this.stream?.send({ control: 'CONTROL_KEEP_ALIVE' });
      case 'CloseStream':
        return this.end();
    }
  }

  /** The socket is closed or closing, by the client or after a fault. A session's last words still become a turn; otherwise
   *  nobody is left to read them. */
  private onOver(): void {
    this.leave.abort();
    if (this.session === undefined) this.stream?.cancel();
    else this.end();
  }

  /** Called from listeners and timers: a fault is the client's to know and never thrown. */
  private end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    clearTimeout(this.idle);
    this.sendTail().catch((error: unknown) => this.client?.fail(error));
  }

  /** Half-closes the stream, also where the audio's last bytes are at fault. */
  private async sendTail(): Promise<void> {
    try {
      await this.audio?.end();
    } finally {
      this.stream?.end();
    }
  }

  private async passEvents(): Promise<void> {
    const { query } = this.options;
    for await (const event of this.stream ?? []) {
      await this.events?.pass(event);
      const { result, degraded } = event;
      if (result?.isFinal && this.turns && this.audio) {
        const pcm = this.audio.cut(result.startMs, result.endMs);
        this.turns.push({ result, pcm, degraded }, { speak: query.speak, voice: query.voice });
      }
    }
  }

  private async passTurns(client: ClientSocket): Promise<void> {
    for await (const event of this.turns ?? []) await this.passTurn(event, client);
  }

  private async passTurn(event: SessionTurnEvent, client: ClientSocket): Promise<void> {
    const { publicUrl: base } = this.services;
    if (event.kind === 'fault') return client.fail(event.error);
    if (event.kind === 'taken') return client.send(takenListenEvent(event.taken, base));
    // Its protocol has no way to ask for assessments.
    if (event.kind === 'assessed') return;
    const { audio: withAudio } = this.options.query;
    await client.send(turnListenEvent(event.arrived, { base, withAudio }));
    const { name, data } = event.arrived.event;
    if (name !== 'speech.ready' || !withAudio) return;
    const speech = await this.turns?.speech(data.audio.key);
    if (speech) await client.sendBinary(speech);
  }

  private restartIdle(): void {
    clearTimeout(this.idle);
    if (this.isEnding || this.client?.isClosed) return;
    this.idle = setTimeout(() => {
      const text = 'Nothing was sent for too long; send audio or KeepAlive.';
      this.client?.fail(new AppError('stream.idle_timeout', text));
    }, this.options.idleMs);
  }
}
