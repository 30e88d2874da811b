import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ListenEvent } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { LiveListen, SpeechRequest, WyomingGateway } from './wyoming-gateway.js';
import { wyomingFrame, WyomingReader, type WyomingEvent } from './wyoming-reader.js';
import { WYOMING_LIMITS, WyomingServer, type WyomingServerLimits } from './wyoming-server.js';

const FORMAT = { rate: 16_000, width: 2, channels: 1 };
const SPEECH = { rate: 24_000, width: 2, channels: 1 };

const final = (transcript: string) =>
  ({
    type: 'Results',
    is_final: true,
    stable_length: transcript.length,
    language: 'en',
    channel: { alternatives: [{ transcript }] },
  }) as unknown as ListenEvent;

/** Recognises how many samples came, speaks a second of silence. */
class FakeGateway implements WyomingGateway {
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
class Client {
  readonly events: WyomingEvent[] = [];
  readonly ended: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    const reader = new WyomingReader();
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.events.push(...reader.push(bytes)));
    this.ended = once(socket, 'close');
  }

  static async open(port: number): Promise<Client> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Client(socket);
  }

  send(type: string, data?: Readonly<Record<string, unknown>>, payload?: Uint8Array): this {
    this.socket.write(wyomingFrame(type, data, payload));
    return this;
  }

  speak(samples: number, format = FORMAT): this {
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

describe('the Wyoming server', () => {
  let server: WyomingServer | undefined;
  let gateway: FakeGateway;
  let reported: string[];
  afterEach(() => server?.close());

  async function started(limits: Partial<WyomingServerLimits> = {}): Promise<Client> {
    gateway = new FakeGateway();
    reported = [];
    server = await WyomingServer.start({
      ...{ host: '127.0.0.1', port: 0, gateway, model: undefined, voice: 'joe' },
      limits: { ...WYOMING_LIMITS, ...limits },
      report: ({ code }) => reported.push(code),
    });
    return opened();
  }
  const opened = (): Promise<Client> => Client.open(server!.port);

  it('describes itself, answers a ping, and drops what it does not know', async () => {
    const client = await started();
    client.send('select-program', { name: 'x' }).send('describe').send('ping', { text: 'hello' });
    expect((await client.next('pong')).data).toEqual({ text: 'hello' });
    expect(client.types).toEqual(['info', 'pong']);
  });

  it('transcribes one recording after another on one connection', async () => {
    const client = await started();
    client.speak(16_000);
    expect((await client.next('transcript')).data).toEqual({ text: '16000 samples.', language: 'en' });
    client.speak(8_000);
    await client.next('transcript-stop');
    while (client.events.length < 8) await new Promise((resolve) => setTimeout(resolve, 5));
    const stream = ['transcript-start', 'transcript-chunk', 'transcript', 'transcript-stop'];
    expect(client.types).toEqual([...stream, ...stream]);
    expect(client.events.at(-2)?.data).toMatchObject({ text: '8000 samples.' });
    expect(gateway.closed).toEqual([true, true]);
  });

  it('asks for the model, language and words that the client names', async () => {
    const client = await started();
    const words = { transcript_names: ['Zoë, room'], transcript_terms: ['lamp', ' '] };
    client.send('transcribe', { name: 'whisper-base', language: 'de-DE', context: null, ...words });
    client.send('audio-start', FORMAT).send('audio-stop');
    await client.next('transcript');
    expect(gateway.queries).toMatchObject([
      { model: 'whisper-base', language: 'de-DE', keyterm: 'Zoë room,lamp', encoding: 'linear16' },
    ]);
  });

  it('converts audio whose format comes with its chunks alone', async () => {
    const client = await started();
    const format = { rate: 48_000, width: 2, channels: 2 };
    client.send('audio-chunk', format, Buffer.alloc(48_000 * 4)).send('audio-stop');
    expect((await client.next('transcript')).data.text).toBe('16000 samples.');
  });

  it('speaks with the voice asked for, else with its own, in one stream of audio', async () => {
    const client = await started();
    client.send('synthesize', { text: 'Hello.', voice: { name: 'heart', speaker: null } });
    await client.next('audio-stop');
    expect(client.events[0]).toMatchObject({ type: 'audio-start', data: SPEECH });
    expect(client.events[1]).toMatchObject({ type: 'audio-chunk', data: SPEECH });
    expect(Buffer.concat(client.events.map(({ payload }) => payload))).toHaveLength(48_000);
    client
      .send('synthesize', { text: 'Hello.' })
      .send('synthesize', { text: 'Hallo.', voice: { language: 'de' } });
    client.send('ping');
    await client.next('pong');
    expect(gateway.spoken.map(({ voice, language }) => [voice, language])).toEqual([
      ['heart', ''],
      ['joe', ''],
      ['', 'de'],
    ]);
  });

  it('speaks sentences of a stream as they come, at one rate, and once', async () => {
    const client = await started();
    gateway.rates = [24_000, 16_000];
    client
      .send('synthesize-start', { voice: { name: 'heart' } })
      .send('synthesize-chunk', { text: 'One. Tw' });
    await client.next('audio-start');
    expect(gateway.spoken.map(({ text }) => text)).toEqual(['One.']);
    client
      .send('synthesize-chunk', { text: 'o.' })
      .send('synthesize', { text: 'One. Two.' })
      .send('synthesize-stop');
    await client.next('synthesize-stopped');
    expect(gateway.spoken.map(({ text }) => text)).toEqual(['One.', 'Two.']);
    expect(client.types.filter((type) => type !== 'audio-chunk')).toEqual([
      ...['audio-start', 'audio-stop', 'synthesize-stopped'],
    ]);
    // A second of each, the other one at the rate of the first.
    expect(Buffer.concat(client.events.map(({ payload }) => payload))).toHaveLength(48_000 + 72_000);
  });

  it.each([
    ['audio-start', { rate: 4_000, width: 2, channels: 1 }, 'audio.unsupported_format', /^rate: /],
    ['audio-chunk', {}, 'stream.config_missing', /^audio-chunk: /],
    ['audio-stop', {}, 'stream.config_missing', /^audio-stop: /],
    ['transcribe', { language: 7 }, 'request.invalid', /^transcribe: language: /],
    ['synthesize', { text: ' ' }, 'request.invalid', /^text: /],
    ['synthesize', {}, 'request.invalid', /^synthesize: text: /],
    ['synthesize', { text: 'x'.repeat(70_000) }, 'speech.text_too_long', /longer than/],
    ['synthesize', { text: '<speak/>', text_format: 'ssml' }, 'speech.ssml_unsupported', /^text_format: /],
    ['synthesize', { text: 'Hi.', voice: { name: 'joe', speaker: 'x' } }, 'voice.not_found', /^speaker: /],
    ['synthesize-chunk', { text: 'Hi.' }, 'stream.config_missing', /^synthesize-chunk: /],
    ['synthesize-stop', {}, 'stream.config_missing', /^synthesize-stop: /],
  ])('tells what is wrong with %s, ends that connection and no other', async (type, data, code, text) => {
    const client = await started();
    const other = await opened();
    expect(await client.send(type, data).fault()).toEqual({ code, text: expect.stringMatching(text) });
    expect(client.types).toEqual(['error']);
    expect(reported).toEqual([code]);
    other.send('ping');
    expect((await other.next('pong')).data).toEqual({ text: null });
  });

  it.each([
    ['a second audio-start', 'audio-start', FORMAT, 'stream.config_repeated'],
    ['a second transcribe', 'transcribe', {}, 'request.invalid'],
    ['another format', 'audio-chunk', { ...FORMAT, channels: 2 }, 'audio.unsupported_format'],
  ])('refuses %s within audio', async (_, type, data, code) => {
    const client = await started();
    client.send('audio-start', FORMAT).send('audio-chunk', FORMAT, Buffer.alloc(2)).send(type, data);
    expect(await client.fault()).toMatchObject({ code });
    expect(gateway.closed).toEqual([true]);
  });

  it.each([
    'hello\n',
    '\n',
    '{"type":"ping","data_length":1e9}\n',
    '{"type":"audio-chunk","payload_length":9e9}\n',
  ])('answers %j by an error and ends the connection, though more comes', async (bytes) => {
    const client = await started();
    client.socket.write(bytes + 'x'.repeat(100_000));
    expect(await client.fault()).toMatchObject({ code: expect.stringMatching(/^request\./) });
  });

  it('ends with a client that ends within an event, and answers one that only ends its side', async () => {
    const client = await started();
    client.socket.end('{"type":');
    expect(await client.fault()).toMatchObject({ code: 'request.invalid' });
    const other = await opened();
    other.speak(100).socket.end();
    await other.ended;
    expect(other.types).toContain('transcript');
  });

  it('says when to try again where the gateway is away, at once also in the middle of audio', async () => {
    const client = await started();
    gateway.fault = new AppError('upstream.unavailable', 'Nobody answers.');
    const told = { code: 'upstream.unavailable', text: 'Nobody answers. Try again in 2 s.' };
    expect(await client.send('describe').fault()).toEqual(told);
    expect(await (await opened()).send('synthesize', { text: 'Hello.' }).fault()).toEqual(told);
    expect(await (await opened()).speak(1_000_000).fault()).toEqual(told);
    gateway.fault = undefined;
    gateway.breaksWith = new AppError('inference.interrupted', 'It broke off.');
    const speaking = (await opened())
      .send('audio-start', FORMAT)
      .send('audio-chunk', FORMAT, Buffer.alloc(100));
    expect(await speaking.fault()).toMatchObject({ code: 'inference.interrupted' });
  });

  it('bounds connections, audio, silence and the time a gateway may need', async () => {
    const limits = { connections: 2, audioMs: 1_000, idleMs: 300, answerMs: 200, lingerMs: 200 };
    const client = await started(limits);
    const second = await opened();
    expect(await (await opened()).fault()).toMatchObject({ code: 'inference.overloaded' });
    expect(await client.speak(16_001).fault()).toMatchObject({ code: 'audio.too_long' });
    expect(await second.fault()).toEqual({
      code: 'stream.idle_timeout',
      text: 'Nothing was sent for 0.3 s. Try again.',
    });
    gateway.hangs = true;
    expect(await (await opened()).speak(100).fault()).toMatchObject({ code: 'inference.interrupted' });
  });

  it('holds back speech that its client does not read, and ends a client that never does', async () => {
    const client = await started({ idleMs: 300, lingerMs: 100 });
    gateway.bytesOfSpeech = 64 * 1024 ** 2;
    client.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    client.send('synthesize', { text: 'Hello.' });
    while (reported.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(reported).toEqual(['stream.idle_timeout']);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 ** 2);
  });

  it('ends every connection when it is closed', async () => {
    const client = await started();
    await server?.close();
    server = undefined;
    await client.ended;
  });
});
