import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import type { ListenEvent } from '@parlance/contracts';
import { API_KEY } from './platform.js';
import { until } from './until.js';

export type EventOf<Type extends ListenEvent['type']> = Extract<ListenEvent, { type: Type }>;

export interface UpgradeRefusal {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly error: { readonly code: string; readonly message: string; readonly requestId: string };
  readonly headers: IncomingMessage['headers'];
  readonly body: object;
}

/** What the suites look at and is sent to nobody who does not ask. */
const ASKED = { interim_results: 'true', vad_events: 'true', opening_metadata: 'true' } as const;

/** A client of /v1/listen that keeps what it receives. */
export class ListenClient {
  readonly events: ListenEvent[] = [];
  readonly binaries: Buffer[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.binaries.push(data);
      else this.events.push(JSON.parse(data.toString()) as ListenEvent);
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  /** @param query  of the connection; raw 16 kHz mono unless it says otherwise */
  static async open(
    url: string,
    query: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = { authorization: `Token ${API_KEY}` },
    protocols: readonly string[] = [],
  ): Promise<ListenClient> {
    const address = `${url.replace('http', 'ws')}/v1/listen?${new URLSearchParams({ ...ASKED, ...query })}`;
    const client = new ListenClient(new WebSocket(address, [...protocols], { headers }));
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.on('error', reject);
    });
    return client;
  }

  /** As a browser opens it, which can send no header. */
  static openInBrowser(
    url: string,
    query: Readonly<Record<string, string>> = {},
    key = API_KEY,
  ): Promise<ListenClient> {
    return ListenClient.open(url, query, {}, ['token', key]);
  }

  /** The HTTP answer of an upgrade that is refused. */
  static async refusal(
    url: string,
    query: Readonly<Record<string, string>> = {},
    key = API_KEY,
    path = '/v1/listen',
  ): Promise<UpgradeRefusal> {
    const address = `${url.replace('http', 'ws')}${path}?${new URLSearchParams(query)}`;
    const socket = new WebSocket(address, { headers: { authorization: `Token ${key}` } });
    socket.on('error', () => undefined);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      socket.once('unexpected-response', (_, answer: IncomingMessage) => resolve(answer));
      socket.once('open', () => reject(new Error('the upgrade was not refused')));
    });
    const text = Buffer.concat((await response.toArray()) as Buffer[]).toString();
    const body = JSON.parse(text) as Pick<UpgradeRefusal, 'error'>;
    const { statusCode: status = 0, headers } = response;
    return { status, retryAfter: headers['retry-after'], error: body.error, headers, body };
  }

  /** Sends audio in frames of 100 ms, `speed` times as fast as it was spoken. */
  async speak(pcm: Buffer, speed = 4): Promise<this> {
    const frame = 3_200;
    for (let at = 0; at < pcm.length; at += frame) {
      this.socket.send(pcm.subarray(at, at + frame));
      await new Promise((resolve) => setTimeout(resolve, 100 / speed));
    }
    return this;
  }

  control(type: 'Finalize' | 'KeepAlive' | 'CloseStream'): this {
    this.socket.send(JSON.stringify({ type }));
    return this;
  }

  of<Type extends ListenEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** The first event of a type, once it has come. */
  next<Type extends ListenEvent['type']>(type: Type, limitMs = 20_000): Promise<EventOf<Type>> {
    return until(() => this.of(type)[0], limitMs);
  }

  get finals(): EventOf<'Results'>[] {
    return this.of('Results').filter((event) => event.is_final);
  }

  /** All finals as one text. */
  get text(): string {
    return this.finals.map((event) => event.channel.alternatives[0]?.transcript ?? '').join(' ');
  }
}
