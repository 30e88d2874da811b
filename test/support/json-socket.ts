import WebSocket from 'ws';
import { accessToken } from './access-token.js';
import { until } from './until.js';

interface TypedEvent {
  readonly type: string;
}

/** A client of a WebSocket API whose events are told apart by `type`; keeps what it receives and when. */
export class JsonSocket<Event extends TypedEvent> {
  readonly events: Event[] = [];
  /** When each event came, milliseconds of a monotonic clock. */
  readonly times: number[] = [];
  readonly sent: (object | string | Buffer)[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(
    readonly socket: WebSocket,
    readonly path: string,
  ) {
    socket.on('message', (data: Buffer) => {
      this.events.push(JSON.parse(data.toString()) as Event);
      this.times.push(performance.now());
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  /** As a browser opens it. @param token  an API key or access token; undefined: none */
  static async open<Event extends TypedEvent>(
    url: string,
    path: string,
    token?: string,
  ): Promise<JsonSocket<Event>> {
    const address = `${url.replace('http', 'ws')}${path}`;
    const client = new JsonSocket<Event>(
      new WebSocket(address, token === undefined ? [] : ['token', token]),
      path,
    );
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.on('error', reject);
    });
    return client;
  }

  /** As a user of the tenant `acme`. */
  static async openAs<Event extends TypedEvent>(
    user: string,
    url: string,
    path: string,
  ): Promise<JsonSocket<Event>> {
    return JsonSocket.open<Event>(url, path, await accessToken(user));
  }

  /** Sends a text frame, or bytes as a binary one. */
  send(message: object | string | Buffer): this {
    const isRaw = typeof message === 'string' || Buffer.isBuffer(message);
    this.sent.push(message);
    this.socket.send(isRaw ? message : JSON.stringify(message));
    return this;
  }

  /** Sends 16 kHz audio in frames, `speed` times as fast as it was spoken. */
  async speak(pcm: Buffer, speed = 4, frameMs = 250): Promise<this> {
    const frame = frameMs * 32;
    const begun = performance.now();
    for (let at = 0; at < pcm.length && this.socket.readyState === WebSocket.OPEN; at += frame) {
      this.send(pcm.subarray(at, at + frame));
      const due = begun + (at + frame) / 32 / speed;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
    return this;
  }

  of<Type extends Event['type']>(type: Type): Extract<Event, { type: Type }>[] {
    return this.events.filter((event): event is Extract<Event, { type: Type }> => event.type === type);
  }

  /** The event of a type that comes as the `nth`, 1 for the first. */
  next<Type extends Event['type']>(
    type: Type,
    nth = 1,
    limitMs = 30_000,
  ): Promise<Extract<Event, { type: Type }>> {
    return until(() => this.of(type)[nth - 1], limitMs);
  }
}
