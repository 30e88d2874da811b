import * as grpc from '@grpc/grpc-js';
import type {
  ConversationClient,
  ConverseConfig,
  ConverseRequest,
  ConverseResponse__Output,
} from '@parlance/contracts';
import { loadProtocols, serviceClient } from '@parlance/rpc';
import { API_KEY } from './platform.js';
import { until } from './until.js';

type EventName = NonNullable<ConverseResponse__Output['event']>;
type EventOf<Name extends EventName> = NonNullable<ConverseResponse__Output[Name]>;

export interface ConverseEnd {
  /** google.rpc.Code */
  readonly status: number;
  readonly details: string;
  /** Parlance's stable code. */
  readonly code: string | undefined;
}

/** A tenant's client of parlance.voice.v1.Conversation. */
export class ConverseClient {
  private readonly client: ConversationClient;

  constructor(address: string, credentials = grpc.credentials.createInsecure()) {
    const root = grpc.loadPackageDefinition(loadProtocols(['conversation']));
    const Client = serviceClient(root, 'conversation');
    this.client = new Client(address, credentials) as unknown as ConversationClient;
  }

  /** @param options  `token`: an API key or access token, null for none */
  open(
    options: { readonly token?: string | null | undefined; readonly deadlineMs?: number } = {},
  ): ConverseStream {
    const metadata = new grpc.Metadata();
    const { token = API_KEY, deadlineMs } = options;
    if (token !== null) metadata.set('authorization', `Bearer ${token}`);
    const deadline = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
    return new ConverseStream(this.client.converse(metadata, deadline));
  }

  close(): void {
    this.client.close();
  }
}

/** One Converse call; keeps what it receives. */
export class ConverseStream {
  readonly events: ConverseResponse__Output[] = [];
  /** When each event came, milliseconds of a monotonic clock. */
  readonly times: number[] = [];
  readonly ended: Promise<ConverseEnd>;

  constructor(readonly call: ReturnType<ConversationClient['converse']>) {
    call.on('data', (event: ConverseResponse__Output) => {
      this.events.push(event);
      this.times.push(performance.now());
    });
    call.on('error', () => undefined);
    this.ended = new Promise((resolve) =>
      call.on('status', ({ code: status, details, metadata }: grpc.StatusObject) =>
        resolve({ status, details, code: metadata.get('parlance-error-code')[0]?.toString() }),
      ),
    );
  }

  configure(config: ConverseConfig = {}): this {
    return this.write({ config });
  }

  write(request: ConverseRequest): this {
    this.call.write(request);
    return this;
  }

  /** Sends 16 kHz audio in frames of 100 ms, `speed` times as fast as it was spoken. */
  async speak(pcm: Buffer, speed = 8): Promise<this> {
    for (let at = 0; at < pcm.length; at += 3_200) {
      this.call.write({ audio: pcm.subarray(at, at + 3_200) });
      await new Promise((resolve) => setTimeout(resolve, 100 / speed));
    }
    return this;
  }

  end(): Promise<ConverseEnd> {
    this.call.end();
    return this.ended;
  }

  of<Name extends EventName>(name: Name): EventOf<Name>[] {
    return this.events.flatMap((event) => {
      const found = event.event === name ? event[name] : undefined;
      return found ? [found as EventOf<Name>] : [];
    });
  }

  /** The first event of a kind, once it has come. */
  next<Name extends EventName>(name: Name, limitMs = 30_000): Promise<EventOf<Name>> {
    return until(() => this.of(name)[0], limitMs);
  }

  /** All finals as one text. */
  get text(): string {
    return this.of('result')
      .filter(({ isFinal }) => isFinal)
      .map(({ text }) => text)
      .join(' ');
  }
}
