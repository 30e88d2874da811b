import { ulid } from 'ulid';
import {
  VOICE_CLIENT_EVENTS,
  VOICE_LIMITS,
  type VoiceClientEventName,
  type VoiceServerEvent,
} from '@parlance/contracts';
import { AppError, errorRow, toAppError, toErrorBody } from '@parlance/errors';
import { SpanKind, withSpan, type Logger } from '@parlance/telemetry';
import { draining, type OpenCall } from '../drain/open-calls.service.js';
import { parseRequest, unknownOption } from '../http/request-fields.js';
import { audioBytes, spokenText } from './audio-format.js';
import { EventLimits } from './event-limits.js';
import { EventSocket, type VoiceIoSocket } from './event-socket.js';
import { InboundQueue } from './inbound-queue.js';
import type { JoinedSession } from './joined-session.js';
import { sessionRoom, type SessionSocket } from './session-channel.js';
import type { SessionJoins } from './session-joins.service.js';

/** What an event came to; the client gets it with `ok: true`. */
type Outcome = Readonly<Record<string, unknown>>;
type Acknowledge = (answer: unknown) => void;

/** One client of `/voice`: its events are limited, checked and worked off in their order, each is acknowledged. */
export class VoiceSocket implements OpenCall, SessionSocket {
  readonly requestId = ulid();
  readonly client: EventSocket;
  readonly queue = new InboundQueue();
  private readonly limits = new EventLimits();
  private session: JoinedSession | undefined;
  private following: Promise<void> = Promise.resolve();
  private isDraining = false;

  constructor(
    private readonly socket: VoiceIoSocket,
    private readonly joins: SessionJoins,
    private readonly logger: Logger,
  ) {
    this.client = new EventSocket(socket);
  }

  /** Handles what comes until the socket is over; resolves when nothing is held any more. */
  async run(): Promise<void> {
    const over = new Promise<void>((resolve) => this.socket.once('disconnect', () => resolve()));
    // Called from an emitter: nothing it does may throw.
    this.socket.onAny((name: string, ...values: unknown[]) => this.receive(name, values));
    await over;
    await this.queue.append(0, () => this.depart());
  }

  /** Ends what is spoken; it is recognised to its end. The client comes back to another replica by itself. */
  drain(): void {
    this.isDraining = true;
    this.queue
      .append(0, () => this.depart())
      .catch((err: unknown) => this.logger.error({ err }, 'a session was not left'))
      .finally(() => this.cut(draining()));
  }

  cut(fault: AppError): void {
    if (!this.socket.connected) return;
    this.report(fault, {});
    // Not a disconnection of Socket.IO's: clients do not come back from that.
    this.socket.conn.close();
  }

  /** The session was ended, by whomever. */
  endSession(session: string): void {
    if (this.session?.id !== session) return;
    this.queue
      .append(0, () => this.depart())
      .catch((err: unknown) => this.logger.error({ err }, 'a session was not left'));
  }

  report(error: unknown, about: Partial<VoiceServerEvent<'voice:error'>>): void {
    this.client.notify('voice:error', { ...about, error: this.errorOf(error, about.event) });
  }

  private receive(name: string, values: unknown[]): void {
    // What came behind the end of the connection.
    if (!this.socket.connected) return;
    const acknowledge = typeof values.at(-1) === 'function' ? (values.pop() as Acknowledge) : undefined;
    const known = isEventName(name) ? name : undefined;
    const verdict = this.limits.judge(known);
    if (verdict !== 'pass') return this.refuseRate(verdict, acknowledge);
    // What came before is still worked off.
    if (this.isDraining) return acknowledge?.({ error: this.bodyOf(draining()) });
    const bytes = sizeOf(values[0]);
    this.queue
      .add(bytes, () => this.handle(name, values))
      .then(
        (outcome) => acknowledge?.({ ok: true, ...outcome }),
        (error: unknown) => this.refuse(error, name, acknowledge, values[0]),
      )
      .catch((err: unknown) => this.logger.error({ err }, 'an event was not acknowledged'));
  }

  private refuseRate(verdict: string, acknowledge: Acknowledge | undefined): void {
    const fault = new AppError('request.rate_limited', 'Too many events; send slower.');
    if (verdict === 'refuse in silence') return acknowledge?.({ error: this.bodyOf(fault) });
    this.report(fault, {});
    if (verdict === 'disconnect') this.socket.disconnect(true);
    else acknowledge?.({ error: this.bodyOf(fault) });
  }

  private refuse(error: unknown, name: string, acknowledge: Acknowledge | undefined, value: unknown): void {
    const event = isEventName(name) ? { event: name } : {};
    const sessionId = this.session?.id;
    const chunkIndex = (value as { chunkIndex?: unknown } | undefined)?.chunkIndex;
    this.report(error, {
      ...event,
      ...(sessionId ? { sessionId } : {}),
      ...(typeof chunkIndex === 'number' ? { chunkIndex } : {}),
    });
    acknowledge?.({ error: this.bodyOf(toAppError(error)) });
  }

  private async handle(name: string, values: readonly unknown[]): Promise<Outcome> {
    if (!isEventName(name)) throw new AppError('request.invalid', unknownOption(name));
    if (values.length > 1) throw new AppError('request.invalid', `${name}: has one argument`);
    // Chunks are too many to have a span each.
    if (name === 'voice:audio-chunk') return this.pushChunk(values[0]);
    const { tenant } = this.socket.data.principal;
    const identity = { tenant, ...(this.session ? { session: this.session.id } : {}) };
    return withSpan(name, { kind: SpanKind.SERVER, identity }, () => this.handleControl(name, values[0]));
  }

  private async handleControl(
    name: Exclude<VoiceClientEventName, 'voice:audio-chunk'>,
    value: unknown,
  ): Promise<Outcome> {
    switch (name) {
      case 'voice:join':
        return this.join(value);
      case 'voice:start-recording': {
        const { sessionId, metadata } = parseRequest(VOICE_CLIENT_EVENTS[name], value);
        const session = this.joined(sessionId);
        session.apply((await this.joins.active(this.socket.data.principal, sessionId)).settings);
        return { recognizer: await session.recording.start(metadata) };
      }
      case 'voice:stop-recording': {
        const { sessionId, audioBlob, metadata } = parseRequest(VOICE_CLIENT_EVENTS[name], value);
        const session = this.joined(sessionId);
        const blob =
          audioBlob === undefined ? undefined : audioBytes(audioBlob, 'audioBlob', VOICE_LIMITS.blobBytes);
        return { chunks: await session.recording.stop(blob, metadata) };
      }
      case 'voice:text-message': {
        const { sessionId, text, language = '' } = parseRequest(VOICE_CLIENT_EVENTS[name], value);
        return { messageId: await this.joined(sessionId).say(spokenText(text), language) };
      }
      case 'voice:tts-complete': {
        const { sessionId, messageId } = parseRequest(VOICE_CLIENT_EVENTS[name], value);
        await this.joined(sessionId).played(messageId);
        return {};
      }
      case 'voice:leave': {
        const { sessionId } = parseRequest(VOICE_CLIENT_EVENTS[name], value);
        this.joined(sessionId);
        await this.depart();
        await this.client.send('voice:left', { sessionId });
        return {};
      }
      case 'voice:end': {
        const { sessionId, reason } = parseRequest(VOICE_CLIENT_EVENTS[name], value);
        // What is being said belongs to the session. It is left when its end is announced, with everybody in it.
        if (this.session?.id === sessionId) await this.session.recording.endQuietly();
        return this.joins.end(this.socket.data.principal, sessionId, reason);
      }
    }
  }

  private async join(value: unknown): Promise<Outcome> {
    const wanted = parseRequest(VOICE_CLIENT_EVENTS['voice:join'], value ?? {});
    if (this.session && this.session.id !== wanted.sessionId)
      throw new AppError('request.invalid', 'This connection has joined a session already; leave it first.');
    if (this.session && wanted.after !== undefined)
      throw new AppError('request.invalid', 'after: this connection has joined the session already');
    const { principal } = this.socket.data;
    const { record, status } = await this.joins.enter(principal, wanted, value ?? {});
    const session = this.session ?? (await this.joins.open(this, record, wanted.after, principal));
    session.apply(record.settings);
    const isNew = this.session === undefined;
    this.session = session;
    await this.socket.join(sessionRoom(record.id));
    const joined = await this.joins.joinedEvent(record, session, status);
    await this.client.send('voice:joined', joined);
    // Behind `voice:joined`, whose sequence says where the events begin.
    if (isNew) this.following = this.follow(session);
    return joined;
  }

  private async pushChunk(value: unknown): Promise<Outcome> {
    const chunk = parseRequest(VOICE_CLIENT_EVENTS['voice:audio-chunk'], value);
    const { chunkIndex: index, isLastChunk: isLast, metadata } = chunk;
    const session = this.joined(chunk.sessionId);
    const bytes = audioBytes(chunk.audioChunk, 'audioChunk', VOICE_LIMITS.chunkBytes);
    const isNew = await session.recording.push({ index, bytes, isLast, metadata });
    return { chunkIndex: index, ...(isNew ? {} : { duplicate: true }) };
  }

  /** Leaves the session; what was said in it is stored as turns. Never throws. */
  private async depart(): Promise<void> {
    const { session } = this;
    if (!session) return;
    await session.close();
    await this.following;
    this.session = undefined;
    if (this.socket.connected) await this.socket.leave(sessionRoom(session.id));
  }

  /** A session whose events can no longer be followed is left: the client joins it again where it left off. */
  private async follow(session: JoinedSession): Promise<void> {
    try {
      await session.follow();
    } catch (error) {
      this.report(error, { sessionId: session.id });
      this.client.notify('voice:left', { sessionId: session.id });
      this.endSession(session.id);
    }
  }

  /** @throws AppError request.invalid */
  private joined(sessionId: string): JoinedSession {
    if (this.session?.id === sessionId) return this.session;
    throw new AppError(
      'request.invalid',
      'sessionId: this connection has not joined that session; voice:join does it',
    );
  }

  private errorOf(error: unknown, event: string | undefined) {
    const fault = toAppError(error);
    const isOurs = errorRow(fault.code).http >= 500;
    const line = { code: fault.code, requestId: this.requestId, event, ...(isOurs ? { err: error } : {}) };
    this.logger[isOurs ? 'error' : 'info'](line, 'an event was refused');
    return this.bodyOf(fault);
  }

  private bodyOf(fault: AppError) {
    return toErrorBody(fault, this.requestId).error;
  }
}

function isEventName(name: string): name is VoiceClientEventName {
  return Object.hasOwn(VOICE_CLIENT_EVENTS, name);
}

/** Bytes that an event holds while it waits. */
function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const { audioChunk, audioBlob, text } = value as Record<string, unknown>;
  return [audioChunk, audioBlob, text].reduce<number>((sum, part) => sum + lengthOf(part), 0);
}

function lengthOf(part: unknown): number {
  if (typeof part === 'string') return part.length;
  return part instanceof Uint8Array ? part.length : 0;
}
