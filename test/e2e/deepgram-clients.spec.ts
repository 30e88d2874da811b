import { DeepgramClient, type listen } from '@deepgram/sdk';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ListenClient } from '../support/listen-client.js';
import { API_KEY, Platform } from '../support/platform.js';
import { fileAs, READ_SPEECH, speechAs, speechFile, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

interface Message {
  readonly type: string;
}
type Results = listen.ListenV1Results;
type Metadata = listen.ListenV1Metadata;

const PCM = { encoding: 'linear16', sample_rate: 16_000, model: 'nova-3', language: 'en' } as const;
const SILENCE = Buffer.alloc(48_000);

// Machines that test are often busy.
jest.setTimeout(120_000);

describe("Deepgram's Node client", () => {
  let platform: Platform;
  beforeAll(async () => (platform = await Platform.start({ services: ['inference'] })), 120_000);
  afterAll(() => platform?.stop());

  function clientOf(apiKey = API_KEY): DeepgramClient {
    const base = platform.gateway.url;
    const production = base.replace('http', 'ws');
    return new DeepgramClient({
      apiKey,
      environment: { base, production, agent: production, agentRest: base },
    });
  }

  /** A connection with all that comes over it. */
  async function opened(options: Record<string, unknown> = {}) {
    const socket = await clientOf().listen.v1.connect({ ...PCM, ...options, reconnectAttempts: 0 });
    const messages: Message[] = [];
    socket.on('message', (message) => void messages.push(message));
    const closed = new Promise<number>((resolve) => socket.on('close', ({ code }) => resolve(code)));
    socket.connect();
    await socket.waitForOpen();
    const of = (type: string): unknown[] => messages.filter((message) => message.type === type);
    const results = () => of('Results') as Results[];
    return {
      socket,
      closed,
      of,
      results,
      types: () => messages.map(({ type }) => type),
      finals: () => results().filter(({ is_final }) => is_final),
      text: () =>
        results()
          .filter(({ is_final }) => is_final)
          .map(({ channel }) => channel.alternatives[0]?.transcript)
          .join(' '),
      /** Sends audio in frames of 100 ms, `speed` times as fast as it was spoken. */
      async speak(pcm: Buffer, speed = 4) {
        for (let at = 0; at < pcm.length; at += 3_200) {
          socket.sendMedia(pcm.subarray(at, at + 3_200));
          await new Promise((resolve) => setTimeout(resolve, 100 / speed));
        }
      },
    };
  }

  it('gets finals with words and Metadata at the end, and nothing that it did not ask for', async () => {
    const speech = Buffer.concat([speechPcm(READ_SPEECH.letter), SILENCE]);
    const live = await opened({ punctuate: 'true', smart_format: 'true' });
    await live.speak(speech, 8);
    live.socket.sendCloseStream({ type: 'CloseStream' });
    expect(await live.closed).toBe(1000);
    expect([...new Set(live.types())]).toEqual(['Results', 'Metadata']);
    expect(live.types().at(-1)).toBe('Metadata');
    expect(live.results().every(({ is_final, speech_final }) => is_final && speech_final)).toBe(true);
    expect(wordsOf(live.text())).toContain('letter');
    const [final] = live.finals();
    expect(final).toMatchObject({
      channel_index: [0, 1],
      from_finalize: false,
      metadata: {
        model_info: { name: 'whisper-tiny.en' },
        model_uuid: expect.stringMatching(/^[\da-f-]{36}$/),
      },
    });
    const words = final?.channel.alternatives[0]?.words ?? [];
    for (const { word, punctuated_word: punctuated = '', start, end } of words) {
      expect(word).toMatch(/^[a-z0-9]([a-z0-9'’-]*[a-z0-9])?$/);
      expect(punctuated.toLowerCase()).toContain(word);
      expect(end).toBeGreaterThanOrEqual(start);
    }
    const metadata = live.of('Metadata')[0] as Metadata;
    expect(metadata).toMatchObject({
      request_id: final?.metadata.request_id,
      sha256: createHash('sha256').update(speech).digest('hex'),
      channels: 1,
    });
    expect(metadata.duration).toBeCloseTo(speech.length / 32_000, 1);
    expect(Date.parse(metadata.created)).not.toBeNaN();
  });

  it('gets interims, starts of speech and ends of utterances where it asks for them', async () => {
    const live = await opened({
      interim_results: 'true',
      vad_events: 'true',
      utterance_end_ms: 1_000,
      endpointing: 300,
    });
    // As fast as people speak: interims need time between the frames.
    await live.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), SILENCE, SILENCE]), 1);
    live.socket.sendCloseStream({ type: 'CloseStream' });
    await live.closed;
    expect(live.types()[0]).toBe('SpeechStarted');
    expect(live.of('SpeechStarted')[0]).toMatchObject({ channel: [0, 1], timestamp: expect.any(Number) });
    const interims = live.results().filter(({ is_final }) => !is_final);
    expect(interims.length).toBeGreaterThan(0);
    const [alternative] = interims.at(-1)!.channel.alternatives;
    expect(alternative?.words).toHaveLength(alternative?.transcript.split(' ').length ?? 0);
    expect(alternative?.confidence).toBeGreaterThanOrEqual(0);
    const [end] = live.of('UtteranceEnd') as listen.ListenV1UtteranceEnd[];
    const last = live.finals().at(-1);
    expect(end).toMatchObject({ channel: [0, 1] });
    expect(live.of('UtteranceEnd').at(-1)).toMatchObject({
      last_word_end: last?.channel.alternatives[0]?.words.at(-1)?.end,
    });
    expect(live.types().lastIndexOf('UtteranceEnd')).toBeGreaterThan(live.types().lastIndexOf('Results'));
  });

  it('gets an answer to Finalize with what was said, and without', async () => {
    const live = await opened({ endpointing: 'false' });
    live.socket.sendFinalize({ type: 'Finalize' });
    await until(() => live.finals().length === 1);
    expect(live.finals()[0]).toMatchObject({
      from_finalize: true,
      channel: { alternatives: [{ transcript: '', words: [] }] },
    });
    await live.speak(speechPcm(READ_SPEECH.letter), 10);
    live.socket.sendFinalize({ type: 'Finalize' });
    await until(() => live.finals().at(-1)?.from_finalize && live.finals().length > 1, 20_000);
    expect(wordsOf(live.text())).toContain('letter');
    live.socket.sendKeepAlive({ type: 'KeepAlive' });
    live.socket.sendCloseStream({ type: 'CloseStream' });
    expect(await live.closed).toBe(1000);
  });

  it.each([
    ['mulaw', { sample_rate: 8_000 }, () => speechAs(READ_SPEECH.letter, '-ar 8000 -ac 1 -f mulaw')],
    ['alaw', { sample_rate: 8_000 }, () => speechAs(READ_SPEECH.letter, '-ar 8000 -ac 1 -f alaw')],
    ['linear32', { sample_rate: 24_000 }, () => speechAs(READ_SPEECH.letter, '-ar 24000 -ac 1 -f f32le')],
    ['ogg-opus', {}, () => speechAs(READ_SPEECH.letter, '-c:a libopus -f ogg')],
    ['flac', {}, () => speechAs(READ_SPEECH.letter, '-f flac')],
    ['webm', {}, () => speechAs(READ_SPEECH.letter, '-c:a libopus -f webm')],
    ['no encoding', { encoding: undefined }, () => fileAs(speechFile(READ_SPEECH.letter), '-f wav')],
  ] as const)('sends %s, and an empty frame at its end', async (encoding, format, audio) => {
    const live = await opened({ ...(encoding === 'no encoding' ? {} : { encoding }), ...format });
    const bytes = audio();
    for (let at = 0; at < bytes.length; at += 8_000) live.socket.sendMedia(bytes.subarray(at, at + 8_000));
    live.socket.sendMedia(Buffer.alloc(0));
    expect(await live.closed).toBe(1000);
    expect(wordsOf(live.text())).toContain('letter');
  });
  it('transcribes a recording, with utterances and paragraphs where it asks for them', async () => {
    const file = readFileSync(speechFile(READ_SPEECH.letter));
    const answer = await clientOf().listen.v1.media.transcribeFile(file, {
      model: 'nova-3',
      language: 'en',
      smart_format: true,
      punctuate: true,
      paragraphs: true,
      utterances: true,
    });
    if (!('results' in answer)) throw new Error('it was answered later');
    const [alternative] = answer.results.channels[0]?.alternatives ?? [];
    expect(wordsOf(alternative?.transcript ?? '')).toContain('letter');
    expect(alternative?.words?.map(({ word }) => word)).toContain('letter');
    expect(alternative?.confidence).toBeGreaterThan(0.3);
    expect(wordsOf(alternative?.paragraphs?.transcript ?? '')).toContain('letter');
    expect(answer.results.utterances?.map(({ transcript }) => transcript).join(' ')).toBe(
      alternative?.transcript,
    );
    expect(answer.metadata).toMatchObject({
      sha256: createHash('sha256').update(file).digest('hex'),
      channels: 1,
      duration: expect.closeTo(4.5, 0),
    });
  });

  it('detects the language of a recording where it says none', async () => {
    const answer = await clientOf().listen.v1.media.transcribeFile(
      readFileSync(resolve('test/fixtures/speech/es-01.opus')),
      {
        model: 'whisper-base',
        detect_language: true,
      },
    );
    if (!('results' in answer)) throw new Error('it was answered later');
    expect(answer.results.channels[0]).toMatchObject({ detected_language: 'es' });
  });

  it('meets faults of recordings in its own shape', async () => {
    const file = readFileSync(speechFile(READ_SPEECH.letter));
    const asked = (options: object, key = API_KEY, sent: Buffer = file) =>
      clientOf(key).listen.v1.media.transcribeFile(sent, options, { maxRetries: 0 });
    const fault = (err_code: string, code: string, err_msg: unknown = expect.any(String)) => ({
      body: { err_code, err_msg, request_id: expect.any(String), code },
    });
    await expect(asked({}, 'wrong')).rejects.toMatchObject({
      statusCode: 401,
      ...fault('INVALID_AUTH', 'auth.invalid_token'),
    });
    await expect(asked({ diarize: true })).rejects.toMatchObject({
      statusCode: 400,
      ...fault('Bad Request', 'request.invalid', 'diarize: is no option here'),
    });
    await expect(asked({ model: 'whisper-of-nobody' })).rejects.toMatchObject({
      statusCode: 404,
      ...fault('model.not_found', 'model.not_found'),
    });
    await expect(asked({}, API_KEY, Buffer.alloc(5_000, 7))).rejects.toMatchObject({ statusCode: 415 });
    await expect(asked({}, API_KEY, Buffer.alloc(0))).rejects.toMatchObject({ statusCode: 400 });
    const byAddress = clientOf().listen.v1.media.transcribeUrl({ url: 'http://127.0.0.1/speech.wav' });
    await expect(byAddress).rejects.toMatchObject({
      statusCode: 400,
      ...fault('Bad Request', 'request.invalid', expect.stringMatching(/^url: is no option here/)),
    });
  });

  it('is refused before the socket is open, and reads why', async () => {
    const refusalOf = async (options: Record<string, unknown>, key = API_KEY): Promise<string> => {
      const socket = await clientOf(key).listen.v1.connect({ ...PCM, ...options, reconnectAttempts: 0 });
      const fault = new Promise<string>((resolve) => socket.on('error', ({ message }) => resolve(message)));
      socket.connect();
      return fault;
    };
    expect(await refusalOf({}, 'wrong')).toContain('401');
    expect(await refusalOf({ model: 'whisper-of-nobody' })).toContain('404');
    expect(await refusalOf({ diarize: 'true' })).toContain('400');
  });

  it.each([
    ['a wrong key', {}, 'wrong', 401, 'INVALID_AUTH', /key/i],
    [
      'an option that is not there',
      { redact: 'pci' },
      API_KEY,
      400,
      'Bad Request',
      /^redact: is no option here$/,
    ],
    ['an encoding that is not there', { encoding: 'g729' }, API_KEY, 400, 'Bad Request', /^encoding: /],
    [
      'a model of nobody',
      { model: 'whisper-of-nobody' },
      API_KEY,
      404,
      'model.not_found',
      /whisper-of-nobody/,
    ],
  ] as const)('%s is told by status, dg-error and body', async (_, query, key, status, code, message) => {
    const refused = await ListenClient.refusal(platform.gateway.url, query, key);
    expect(refused).toMatchObject({
      status,
      headers: { 'dg-error': expect.stringMatching(message), 'dg-request-id': expect.any(String) },
      body: { err_code: code, err_msg: expect.stringMatching(message), request_id: expect.any(String) },
    });
  });

  it('is told of a text frame that is no control, and of nothing that it sends after the end', async () => {
    const broken = await opened();
    broken.socket.socket.send('hello?');
    expect(await broken.closed).toBe(4400);
    expect(broken.of('Error')[0]).toMatchObject({
      variant: 'request.invalid',
      description: expect.any(String),
    });
    const raw = await opened({ encoding: 'flac' });
    raw.socket.sendMedia(speechPcm(READ_SPEECH.letter).subarray(0, 32_000));
    expect(await raw.closed).toBe(4422);
    const late = await opened();
    late.socket.sendCloseStream({ type: 'CloseStream' });
    late.socket.sendMedia(speechPcm(READ_SPEECH.letter));
    late.socket.sendFinalize({ type: 'Finalize' });
    expect(await late.closed).toBe(1000);
    expect(late.types()).toEqual(['Metadata']);
  });

  it('sends its key as a subprotocol from a browser, after token or bearer', async () => {
    for (const scheme of ['token', 'bearer']) {
      const client = await ListenClient.open(platform.gateway.url, {}, {}, [scheme, API_KEY]);
      expect(client.socket.protocol).toBe(scheme);
      client.control('CloseStream');
      expect((await client.closed).code).toBe(1000);
    }
  });
});
