import { DeepgramClient, type speak } from '@deepgram/sdk';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { probeAudio } from '../support/audio-probe.js';
import { ClientMatrix } from '../support/client-matrix.js';
import { installedVersion } from '../support/client-table.js';
import { ListenClient } from '../support/listen-client.js';
import { NO_MODELS } from '../support/models.js';
import { NodeProgram } from '../support/node-program.js';
import { pageBlock } from '../support/page-blocks.js';
import { API_KEY, Platform } from '../support/platform.js';
import { RecordingHost } from '../support/recording-host.js';
import { READ_SPEECH, speechFile, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const TEXT = 'Good morning, and welcome.';
const MODEL = 'aura-2-thalia-en';
const matrix = new ClientMatrix();
type Message = { readonly type: string; readonly sequence_id?: number; readonly code?: string };

// Machines that test are often busy.
jest.setTimeout(120_000);

describe("Deepgram's Node client", () => {
  const row = matrix.row({
    name: '@deepgram/sdk',
    registry: 'npm',
    version: installedVersion('@deepgram/sdk'),
    page: 'deepgram.md',
    suite: 'deepgram-speech',
  });
  let platform: Platform;
  let host: RecordingHost;
  beforeAll(async () => {
    host = await RecordingHost.start((request, response) => {
      if (request.url === '/out') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      else if (request.url === '/speech.opus') response.end(readFileSync(speechFile(READ_SPEECH.letter)));
      else if (request.url === '/long') response.end(Buffer.alloc(3 * 2 ** 20));
      else response.writeHead(404).end();
    });
    platform = await Platform.start({
      services: ['inference', 'tts'],
      tts: NO_MODELS,
      gateway: {
        PARLANCE_DEEPGRAM_VOICES: 'aura-asteria-en:en-gb,aura*:',
        PARLANCE_RECORDING_HOSTS: host.name,
        PARLANCE_RECORDING_FETCH_LIMIT_MS: '2000',
        PARLANCE_MAX_UPLOAD: '2M',
      },
    });
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    host?.stop();
  });

  function clientOf(apiKey = API_KEY): DeepgramClient {
    const base = platform.gateway.url;
    const production = base.replace('http', 'ws');
    return new DeepgramClient({
      apiKey,
      environment: { base, production, agent: production, agentRest: base },
    });
  }

  /** Speech as the client gets it, with the headers of the answer. */
  async function generated(options: object = {}) {
    const request = { model: MODEL, ...options, text: TEXT };
    const { data, rawResponse } = await clientOf()
      .speak.v1.audio.generate(request, { maxRetries: 0 })
      .withRawResponse();
    return { audio: Buffer.from(await data.arrayBuffer()), headers: rawResponse.headers };
  }

  it.each([
    [{}, 'audio/mpeg', 'mp3', 22_050],
    [{ encoding: 'mp3', bit_rate: 32_000 }, 'audio/mpeg', 'mp3', 22_050],
    [{ encoding: 'linear16' }, 'audio/wav', 'pcm_s16le', 24_000],
    [{ encoding: 'linear16', sample_rate: 8_000 }, 'audio/wav', 'pcm_s16le', 8_000],
    [{ encoding: 'mulaw' }, 'audio/wav', 'pcm_mulaw', 8_000],
    [{ encoding: 'alaw', sample_rate: 16_000 }, 'audio/wav', 'pcm_alaw', 16_000],
    [{ encoding: 'opus' }, 'audio/ogg;codecs=opus', 'opus', 48_000],
    [{ encoding: 'flac' }, 'audio/flac', 'flac', 48_000],
    [{ encoding: 'aac' }, 'audio/aac', 'aac', 22_050],
  ] as const)('gets speech by %j', async (options, type, codec, rate) => {
    const { audio, headers } = await generated(options);
    expect(headers.get('content-type')).toBe(type);
    expect(headers.get('dg-model-name')).toBe(MODEL);
    expect(headers.get('dg-char-count')).toBe(String(TEXT.length));
    expect(headers.get('dg-request-id')).toMatch(/^[\w-]{20,}$/);
    const probed = probeAudio(audio);
    expect([probed.codec, probed.rate]).toEqual([codec, rate]);
    expect(probed.seconds).toBeGreaterThan(0.8);
    expect(probed.seconds).toBeLessThan(6);
  });

  row.works('speech', 'gets bare samples with container=none', async () => {
    const { audio, headers } = await generated({ encoding: 'mulaw', container: 'none' });
    expect(headers.get('content-type')).toBe('audio/mulaw;rate=8000;channels=1');
    expect(audio.length / 8_000).toBeGreaterThan(0.8);
    expect(audio.subarray(0, 4).toString('latin1')).not.toBe('RIFF');
  });

  it('speaks by the voice that the configuration gives a name, or by one of the language of the name', async () => {
    const raw = { encoding: 'linear16', container: 'none' };
    const spoken = async (model: string): Promise<Buffer> => (await generated({ ...raw, model })).audio;
    const [british, american, german] = [
      await spoken('aura-asteria-en'),
      await spoken('aura-2-thalia-en'),
      await spoken('aura-2-julius-de'),
    ];
    expect(british.equals(await spoken('en-gb'))).toBe(true);
    expect(british.equals(american)).toBe(false);
    expect(german.equals(await spoken('de'))).toBe(true);
  });

  row.works('errors', 'meets faults of speech in its own shape', async () => {
    const asked = (options: object, key = API_KEY) =>
      clientOf(key).speak.v1.audio.generate({ text: TEXT, ...options }, { maxRetries: 0 });
    const fault = (err_code: string, code: string, err_msg: unknown = expect.any(String)) => ({
      body: { err_code, err_msg, request_id: expect.any(String), code },
    });
    await expect(asked({}, 'wrong')).rejects.toMatchObject({
      statusCode: 401,
      ...fault('INVALID_AUTH', 'auth.invalid_token'),
    });
    await expect(asked({ callback: 'http://x' })).rejects.toMatchObject({
      statusCode: 400,
      ...fault('Bad Request', 'request.invalid', 'callback: is no option here'),
    });
    await expect(asked({ encoding: 'mp3', sample_rate: 8_000 })).rejects.toMatchObject({
      ...fault('Bad Request', 'request.invalid', 'sample_rate: must be 22050 with encoding=mp3'),
    });
    await expect(asked({ model: 'nobody' })).rejects.toMatchObject({
      statusCode: 404,
      ...fault('voice.not_found', 'voice.not_found'),
    });
    await expect(asked({ text: '' })).rejects.toMatchObject({
      ...fault('Bad Request', 'request.invalid', 'text: must not be empty'),
    });
    await expect(asked({ text: '你好' })).rejects.toMatchObject({ statusCode: 400 });
  });

  /** A connection with all that comes over it. */
  async function opened(options: Record<string, unknown> = {}) {
    const socket = await clientOf().speak.v1.connect({ model: MODEL, ...options, reconnectAttempts: 0 });
    const messages: Message[] = [];
    let blobs: Blob[] = [];
    socket.on('message', (message: unknown) => {
      if (message instanceof Blob) blobs.push(message);
      else messages.push(message as Message);
    });
    const closed = new Promise<number>((resolve) => socket.on('close', ({ code }) => resolve(code)));
    socket.connect();
    await socket.waitForOpen();
    return {
      socket,
      closed,
      messages,
      types: () => messages.map(({ type }) => type),
      say: (text: string) => socket.sendText({ type: 'Speak', text }),
      flush: () => socket.sendFlush({ type: 'Flush' }),
      /** What has come since the last time. */
      async audio(): Promise<Buffer> {
        const parts = await Promise.all(blobs.map((blob) => blob.arrayBuffer()));
        blobs = [];
        return Buffer.concat(parts.map((part) => Buffer.from(part)));
      },
    };
  }

  it.each([
    [{}, 48_000],
    [{ encoding: 'linear16', sample_rate: 16_000 }, 32_000],
    [{ encoding: 'mulaw' }, 8_000],
    [{ encoding: 'alaw', sample_rate: 8_000 }, 8_000],
  ])('speaks over a socket by %j, one Flush after the other', async (options, bytesPerSecond) => {
    const live = await opened(options);
    for (const text of ['Good morning, ', 'and welcome.']) live.say(text);
    live.flush();
    await until(() => live.types().includes('Flushed'), 30_000);
    const seconds = (await live.audio()).length / bytesPerSecond;
    expect(seconds).toBeGreaterThan(0.8);
    expect(seconds).toBeLessThan(6);
    live.say('And again.');
    live.flush();
    await until(() => live.types().length === 3, 30_000);
    expect(live.types()).toEqual(['Metadata', 'Flushed', 'Flushed']);
    expect(live.messages.slice(1).map(({ sequence_id }) => sequence_id)).toEqual([0, 1]);
    const metadata = live.messages[0] as speak.SpeakV1Metadata;
    expect(metadata).toMatchObject({ model_name: MODEL, request_id: expect.any(String) });
    expect((await live.audio()).length).toBeGreaterThan(0);
    live.socket.sendClose({ type: 'Close' });
    expect(await live.closed).toBe(1000);
  });

  row.works('live speech', 'gets what is left before the socket closes', async () => {
    const live = await opened();
    live.say(TEXT);
    live.socket.sendClose({ type: 'Close' });
    expect(await live.closed).toBe(1000);
    expect((await live.audio()).length / 48_000).toBeGreaterThan(0.8);
    expect(live.types()).toEqual(['Metadata']);
  });

  it('gets no more of what was cleared', async () => {
    const live = await opened();
    live.say('word '.repeat(700));
    live.flush();
    live.socket.sendClear({ type: 'Clear' });
    await until(() => live.types().includes('Cleared'), 30_000);
    await live.audio();
    live.say('Now this.');
    live.flush();
    await until(() => live.types().includes('Flushed'), 30_000);
    expect(live.types()).toEqual(['Metadata', 'Cleared', 'Flushed']);
    expect((await live.audio()).length / 48_000).toBeLessThan(4);
    live.socket.sendClose({ type: 'Close' });
    expect(await live.closed).toBe(1000);
  });

  it('is warned of a text that no voice can speak, and told of a frame that is no message', async () => {
    const live = await opened();
    live.say('你好');
    live.flush();
    await until(() => live.types().includes('Flushed'), 30_000);
    expect(live.messages[1]).toMatchObject({ type: 'Warning', code: 'speech.unsupported_script' });
    live.socket.socket.send('hello?');
    expect(await live.closed).toBe(4400);
    expect(live.messages.at(-1)).toMatchObject({ type: 'Error', variant: 'request.invalid' });
  });

  it.each([
    ['a wrong key', {}, 'wrong', 401, 'INVALID_AUTH', /key/i],
    ['an encoding of files', { encoding: 'mp3' }, API_KEY, 400, 'Bad Request', /^encoding: /],
    ['an option that is not there', { tag: 'x' }, API_KEY, 400, 'Bad Request', /^tag: is no option here$/],
    ['a voice of nobody', { model: 'nobody' }, API_KEY, 404, 'voice.not_found', /nobody/],
  ] as const)('%s is told by status, dg-error and body', async (_, query, key, status, code, message) => {
    const refused = await ListenClient.refusal(platform.gateway.url, query, key, '/v1/speak');
    expect(refused).toMatchObject({
      status,
      headers: { 'dg-error': expect.stringMatching(message), 'dg-request-id': expect.any(String) },
      body: { err_code: code, err_msg: expect.stringMatching(message), request_id: expect.any(String) },
    });
  });

  const printed = (block: string, file: string): Promise<string> =>
    new NodeProgram(pageBlock('deepgram.md', block), {
      PARLANCE_URL: platform.gateway.url,
      PARLANCE_API_KEY: API_KEY,
    }).print(file);

  row.works('recordings', 'are transcribed by the program of its page', async () => {
    expect(wordsOf(await printed('node', speechFile(READ_SPEECH.letter)))).toContain('letter');
  });

  row.works('live', 'speech is transcribed by the program of its page', async () => {
    expect(wordsOf(await printed('node-live', speechFile(READ_SPEECH.letter)))).toContain('letter');
  });

  row.works('by address', 'has a recording transcribed at a host that is listed', async () => {
    const url = `http://${host.name}/speech.opus`;
    const answer = await clientOf().listen.v1.media.transcribeUrl({ url, model: 'nova-3', language: 'en' });
    if (!('results' in answer)) throw new Error('it was answered later');
    expect(wordsOf(answer.results.channels[0]?.alternatives?.[0]?.transcript ?? '')).toContain('letter');
    expect(answer.metadata.sha256).toBe(
      createHash('sha256')
        .update(readFileSync(speechFile(READ_SPEECH.letter)))
        .digest('hex'),
    );
  });

  it('is told which recordings are not fetched, and why', async () => {
    const refusalOf = async (url: string): Promise<unknown> => {
      try {
        return await clientOf().listen.v1.media.transcribeUrl({ url }, { maxRetries: 0 });
      } catch (error) {
        return (error as { body: unknown }).body;
      }
    };
    const unlisted = { err_code: 'Bad Request', err_msg: expect.stringMatching(/^url: is of a host that/) };
    for (const url of ['http://127.0.0.1:1/a.wav', 'http://localhost/a.wav', `http://${host.name}/out`])
      expect(await refusalOf(url)).toMatchObject(unlisted);
    expect(await refusalOf(`http://${host.name}/missing`)).toMatchObject({
      err_msg: 'url: the host answered by 404',
    });
    expect(await refusalOf(`http://${host.name}/long`)).toMatchObject({ err_code: 'PAYLOAD_TOO_LARGE' });
    expect(await refusalOf('speech')).toMatchObject({ err_msg: 'url: is no address' });
  });

  matrix.isDocumented();
});
