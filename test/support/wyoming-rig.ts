import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { LiveListen, SpeechRequest, WyomingGateway } from '@parlance/cli/wyoming/wyoming-gateway';
import { wyomingFrame, WyomingReader, type WyomingEvent } from '@parlance/cli/wyoming/wyoming-reader';
import {
  WYOMING_LIMITS,
  WyomingServer,
  type WyomingServerLimits,
} from '@parlance/cli/wyoming/wyoming-server';
import type { ListenEvent } from '@parlance/contracts';
import { AppError } from '@parlance/errors';

export const WYOMING_FORMAT = { rate: 16_000, width: 2, channels: 1 };

const final = (transcript: string) =>
  ({
    type: 'Results',
    is_final: true,
    stable_length: transcript.length,
    language: 'en',
    channel: { alternatives: [{ transcript }] },
  }) as unknown as ListenEvent;

/** Recognises how many samples came, speaks a second of silence. */
export class FakeWyomingGateway implements WyomingGateway {
  readonly queries: Readonly<Record<string, string>>[] = [];
  readonly spoken: SpeechRequest[] = [];
  readonly closed: boolean[] = [];
  fault: AppError | undefined;
  /** Recognition breaks off with it once some audio came. */
  breaksWith: AppError | undefined;
  /** Nothing is answered. */
  hangs = false;
  rates = [24_000];
  bytesOfSpeech = 48_000;

  info() {
    if (this.fault) return Promise.reject(this.fault);
    return Promise.resolve({ asr: [], tts: [] });
  }

  listen(query: Readonly<Record<string, string>>): Promise<LiveListen> {
    if (this.fault) return Promise.reject(this.fault);
    this.queries.push(query);
    const [index, { breaksWith, hangs }] = [this.closed.push(false) - 1, this];
    let samples = 0;
    const broken = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<void>();
    return Promise.resolve({
      async *events() {
        await Promise.race([finished.promise, broken.promise]);
        yield final(`${samples} samples.`);
      },
      sendAudio(pcm: Uint8Array) {
        samples += pcm.length / 2;
        if (breaksWith) broken.reject(breaksWith);
        return hangs ? broken.promise.catch(() => undefined) : Promise.resolve();
      },
      finish: () => !hangs && finished.resolve(),
      close: () => {
        this.closed[index] = true;
        broken.reject(new AppError('inference.interrupted', 'The connection broke off.'));
      },
    });
  }

  speak(request: SpeechRequest) {
    if (this.fault) return Promise.reject(this.fault);
    this.spoken.push(request);
    const rate = this.rates[(this.spoken.length - 1) % this.rates.length]!;
    return Promise.resolve({ rate, pcm: silence(this.bytesOfSpeech) });
  }
}

async function* silence(bytes: number) {
  for (let left = bytes; left > 0; left -= 9_999) {
    yield new Uint8Array(Math.min(left, 9_999));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A client that keeps what comes. */
export class WyomingClient {
  readonly events: WyomingEvent[] = [];
  readonly ended: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    const reader = new WyomingReader();
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.events.push(...reader.push(bytes)));
    this.ended = once(socket, 'close');
  }

  static async open(port: number): Promise<WyomingClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new WyomingClient(socket);
  }

  send(type: string, data?: Readonly<Record<string, unknown>>, payload?: Uint8Array): this {
    this.socket.write(wyomingFrame(type, data, payload));
    return this;
  }

  speak(samples: number, format = WYOMING_FORMAT): this {
    this.send('transcribe', { language: 'en' }).send('audio-start', format);
    return this.send('audio-chunk', format, Buffer.alloc(samples * 2)).send('audio-stop');
  }

  async next(type: string): Promise<WyomingEvent> {
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found) return found;
      if (this.socket.closed) throw new Error(`ended without ${type}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async fault(): Promise<unknown> {
    await this.ended;
    return this.events.at(-1)?.data;
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

/** A server before a gateway that is none. */
export class WyomingRig {
  readonly gateway = new FakeWyomingGateway();
  /** Codes of the faults that ended a connection. */
  readonly reported: string[] = [];
  private server: WyomingServer | undefined;

  static async start(limits: Partial<WyomingServerLimits> = {}): Promise<WyomingRig> {
    const rig = new WyomingRig();
    rig.server = await WyomingServer.start({
      ...{ host: '127.0.0.1', port: 0, gateway: rig.gateway, model: undefined, voice: 'joe' },
      limits: { ...WYOMING_LIMITS, ...limits },
      report: ({ code }) => rig.reported.push(code),
    });
    return rig;
  }

  open(): Promise<WyomingClient> {
    return WyomingClient.open(this.server!.port);
  }

  async stop(): Promise<void> {
    await this.server?.close();
    this.server = undefined;
  }
}
