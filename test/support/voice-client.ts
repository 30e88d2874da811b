import { io, type Socket } from 'socket.io-client';
import {
  VOICE_SERVER_EVENTS,
  type VoiceClientEventName,
  type VoiceServerEvent,
  type VoiceServerEventName,
} from '@parlance/contracts';
import { accessToken } from './access-token.js';
import { until } from './until.js';

interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** What an event of the client is acknowledged by. */
export interface Acknowledgement extends Readonly<Record<string, unknown>> {
  readonly ok?: true;
  readonly error?: ErrorBody;
}

/** An event that came, with its one argument. */
export interface ReceivedEvent<Name extends VoiceServerEventName = VoiceServerEventName> {
  readonly name: Name;
  readonly event: VoiceServerEvent<Name>;
}

export interface VoiceClientOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly transports?: string[];
  readonly namespace?: string;
}

/** A client of the namespace /voice, socket.io-client below, that keeps what it receives. */
export class VoiceClient {
  readonly events: ReceivedEvent[] = [];
  readonly sent: { readonly name: string; readonly event: unknown }[] = [];
  readonly acknowledgements: Acknowledgement[] = [];
  /** Events that do not fit their schemas. */
  readonly misfits: unknown[] = [];
  readonly disconnected: Promise<string>;
  sessionId = '';

  private constructor(readonly socket: Socket) {
    socket.onAny((name: VoiceServerEventName, event: unknown) => {
      this.events.push({ name, event } as ReceivedEvent);
      const parsed = VOICE_SERVER_EVENTS[name]?.safeParse(event);
      if (!parsed?.success) this.misfits.push({ name, error: parsed?.error });
    });
    this.disconnected = new Promise((resolve) => socket.once('disconnect', resolve));
  }

  /** Resolves when it is connected. @throws ConnectFault */
  static async connect(url: string, options: VoiceClientOptions = {}): Promise<VoiceClient> {
    const { token, headers, transports = ['websocket'], namespace = '/voice' } = options;
    const socket = io(`${url}${namespace}`, {
      transports,
      reconnection: false,
      forceNew: true,
      ...(token === undefined ? {} : { auth: { token } }),
      ...(headers ? { extraHeaders: { ...headers } } : {}),
    });
    const client = new VoiceClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return client;
  }

  /** As a user of the tenant `acme`. */
  static async connectAs(user: string, url: string, options: VoiceClientOptions = {}): Promise<VoiceClient> {
    return VoiceClient.connect(url, { token: await accessToken(user), ...options });
  }

  /** The code that a connection is refused with. */
  static async refusal(url: string, options: VoiceClientOptions = {}): Promise<string> {
    try {
      (await VoiceClient.connect(url, options)).close();
      return 'connected';
    } catch (error) {
      return (error as { data?: ErrorBody }).data?.code ?? String(error);
    }
  }

  /** Sends an event of its session; resolves with the acknowledgement. */
  async ask(
    name: VoiceClientEventName,
    event: Readonly<Record<string, unknown>> = {},
  ): Promise<Acknowledgement> {
    const sessionId = this.sessionId === '' ? {} : { sessionId: this.sessionId };
    const whole = { ...sessionId, ...event };
    this.sent.push({ name, event: whole });
    const answer = (await this.socket.timeout(30_000).emitWithAck(name, whole)) as Acknowledgement;
    this.acknowledgements.push(answer);
    return answer;
  }

  /** Joins a session, a new one unless the event names one. @throws Error where it is refused */
  async join(event: Readonly<Record<string, unknown>> = {}): Promise<VoiceServerEvent<'voice:joined'>> {
    const { error, ...joined } = await this.ask('voice:join', event);
    if (error) throw new Error(`${error.code}: ${error.message}`);
    const answer = joined as unknown as VoiceServerEvent<'voice:joined'>;
    this.sessionId = answer.sessionId;
    return answer;
  }

  /** Sends 16 kHz audio in chunks of 250 ms, `speed` times as fast as it was spoken. @returns the next index */
  async speak(pcm: Buffer, from = 0, speed = 4): Promise<number> {
    const bytes = 8_000;
    let chunkIndex = from;
    for (let at = 0; at < pcm.length; at += bytes, chunkIndex += 1) {
      this.socket.emit('voice:audio-chunk', {
        sessionId: this.sessionId,
        audioChunk: pcm.subarray(at, at + bytes),
        chunkIndex,
        isLastChunk: false,
      });
      await new Promise((resolve) => setTimeout(resolve, 250 / speed));
    }
    return chunkIndex;
  }

  of<Name extends VoiceServerEventName>(name: Name): VoiceServerEvent<Name>[] {
    return this.events.filter((one) => one.name === name).map(({ event }) => event as VoiceServerEvent<Name>);
  }

  /** The event of a name that comes as the `nth`, 1 for the first. */
  next<Name extends VoiceServerEventName>(
    name: Name,
    nth = 1,
    limitMs = 30_000,
  ): Promise<VoiceServerEvent<Name>> {
    return until(() => this.of(name)[nth - 1], limitMs);
  }

  /** Parts of replies, of one kind. */
  parts(part: VoiceServerEvent<'voice:response'>['metadata']['part']): VoiceServerEvent<'voice:response'>[] {
    return this.of('voice:response').filter(({ metadata }) => metadata.part === part);
  }

  /** Sequences of the session's events that it got. */
  get sequences(): number[] {
    return this.of('voice:response').map(({ metadata }) => metadata.sequence);
  }

  /** Codes of the faults that it was told. */
  get faults(): string[] {
    return this.of('voice:error').map(({ error }) => error.code);
  }

  close(): void {
    this.socket.disconnect();
  }
}
