import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { listenEventSchema } from '@parlance/contracts';
import { ListenClient } from '../support/listen-client.js';
import { API_KEY, Platform } from '../support/platform.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { fileAs, opusPackets, READ_SPEECH, speechAs, speechPcm, wordsOf } from '../support/speech-samples.js';
import { alternatingLanguages } from '../support/spoken-fixtures.js';
import { until } from '../support/until.js';

const PAUSE = Buffer.alloc(40_000);
/** Its token in the English vocabulary. */
const FULL_STOP = 13;

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('live speech at the doors', () => {
  let platform: Platform;
  beforeAll(async () => (platform = await Platform.start({ services: ['inference'] })), 120_000);
  afterAll(() => platform?.stop());

  it('shows hypotheses while a person speaks and a final with words after each utterance', async () => {
    const client = await ListenClient.open(platform.gateway.url, { utterance_end_ms: '100' });
    // As fast as people speak: hypotheses need time between the frames.
    await client.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]), 1);
    await client.speak(Buffer.concat([speechPcm(READ_SPEECH.gothic), PAUSE]), 8);
    client.control('CloseStream');
    expect((await client.closed).code).toBe(1000);
    for (const event of client.events) expect(listenEventSchema.safeParse(event).error).toBeUndefined();
    expect(client.events[0]).toMatchObject({ type: 'Metadata', model: 'whisper-tiny.en' });
    expect(client.of('SpeechStarted').length).toBeGreaterThanOrEqual(2);
    expect(client.of('UtteranceEnd').length).toBe(client.of('SpeechStarted').length);
    expect(client.of('Results').some((event) => !event.is_final)).toBe(true);
    for (const end of client.of('UtteranceEnd')) {
      // Behind the final of its utterance, and told where that one's last word ends.
      const before = client.events.slice(0, client.events.indexOf(end));
      const final = client.finals.find(({ utterance_id }) => utterance_id === end.utterance_id);
      expect(before).toContain(final);
      expect(end.last_word_end).toBe(final?.channel.alternatives[0]?.words.at(-1)?.end);
    }
    expect(wordsOf(client.text)).toEqual(expect.arrayContaining(['letter', 'theological']));
    const words = client.finals.flatMap((event) => event.channel.alternatives[0]?.words ?? []);
    for (const [index, word] of words.entries())
      expect(word.start).toBeGreaterThanOrEqual(words[index - 1]?.start ?? 0);
    expect(client.finals[0]?.measures?.speechMs).toBeGreaterThan(2_000);
    expect(client.finals[0]?.scores?.overall).toBeGreaterThan(0);
    expect(client.of('Metadata').at(-1)?.duration).toBeCloseTo(12.2, 0);
  });

  it('models that nobody has are refused, and what is said next is heard', async () => {
    for (const model of ['\0', '__proto__', 'x'.repeat(195)]) {
      const refused = await ListenClient.refusal(platform.gateway.url, { model });
      expect(refused).toMatchObject({ status: 404, error: { code: 'model.not_found' } });
    }
    const client = await ListenClient.open(platform.gateway.url, { interim_results: 'false' });
    await client.speak(speechPcm(READ_SPEECH.letter), 10);
    client.control('CloseStream');
    await client.closed;
    expect(wordsOf(client.text)).toContain('letter');
  });

  it('Finalize flushes the utterance being spoken, and the stream goes on', async () => {
    const client = await ListenClient.open(platform.gateway.url, { interim_results: 'false' });
    await client.speak(speechPcm(READ_SPEECH.letter), 10);
    client.control('Finalize');
    await until(() => client.finals.length > 0, 20_000);
    expect(wordsOf(client.text)).toContain('letter');
    await client.speak(speechPcm(READ_SPEECH.gothic), 10);
    client.control('CloseStream');
    await client.closed;
    expect(wordsOf(client.text)).toContain('theological');
  });

  it.each([
    ['with a full stop', {}, /\.$/],
    ['without one where its token is suppressed', { suppress_tokens: `-1,${FULL_STOP}` }, /[^.]$/],
  ])('writes a sentence %s', async (_, decoding, ending) => {
    const client = await ListenClient.open(platform.gateway.url, { ...decoding, beam_size: '3' });
    await client.speak(speechPcm(READ_SPEECH.letter), 10);
    client.control('CloseStream');
    expect((await client.closed).code).toBe(1000);
    expect(wordsOf(client.text)).toContain('letter');
    expect(client.text).toMatch(ending);
  });

  it('tells the language of each utterance and how sure it is, where none was given', async () => {
    const sentences = await alternatingLanguages();
    const query = { model: 'whisper-base', languages: 'en,es' };
    const client = await ListenClient.open(platform.gateway.url, query);
    for (const language of ['es', 'en']) {
      const sentence = sentences.find((candidate) => candidate.language === language);
      await client.speak(Buffer.concat([fileAs(sentence?.file ?? '', '-ar 16000 -ac 1 -f s16le'), PAUSE]), 2);
    }
    client.control('CloseStream');
    expect((await client.closed).code).toBe(1000);
    for (const event of client.events) expect(listenEventSchema.safeParse(event).error).toBeUndefined();
    expect(client.finals.map(({ language, channel }) => [language, channel.detected_language])).toEqual([
      ['es', 'es'],
      ['en', 'en'],
    ]);
    for (const { language, channel } of client.of('Results')) {
      expect(channel.detected_language).toBe(language);
      expect(channel.language_confidence).toBeGreaterThan(0.3);
    }
  });

  it.each([
    ['languages', { languages: 'en,spanish!' }, 'request.invalid', 'spanish!'],
    ['languages', { languages: 'en,fr', language: 'de' }, 'model.language_unsupported', "'de'"],
  ])('refuses %s that are none, by name', async (_, query, code, name) => {
    const refused = await ListenClient.refusal(platform.gateway.url, query);
    expect(refused).toMatchObject({ status: 400, error: { code, message: expect.stringContaining(name) } });
  });

  it.each([
    ['opus', {}, () => opusPackets(READ_SPEECH.letter)],
    ['float32', { sample_rate: '44100', channels: '2' }, () => framesOf('-ar 44100 -ac 2 -f f32le')],
    ['wav', {}, () => framesOf('-ar 22050 -f wav')],
  ] as const)(
    'hears %s',
    async (encoding, format, frames) => {
      const client = await ListenClient.open(platform.gateway.url, { encoding, ...format });
      for (const frame of frames()) client.socket.send(frame);
      client.control('CloseStream');
      await client.closed;
      expect(client.of('Error')).toEqual([]);
      expect(wordsOf(client.text)).toContain('letter');
    },
    60_000,
  );

  it('takes the key as a subprotocol or in the query, as browsers can send it', async () => {
    const { url } = platform.gateway;
    const inQuery = await ListenClient.open(url, { token: API_KEY }, {});
    inQuery.control('CloseStream');
    expect((await inQuery.closed).code).toBe(1000);
    const asProtocol = await ListenClient.open(url, {}, {}, ['token', API_KEY]);
    expect(asProtocol.socket.protocol).toBe('token');
    asProtocol.control('CloseStream');
    expect((await asProtocol.closed).code).toBe(1000);
  });

  it('lists its gRPC services by reflection and serves a live stream', async () => {
    const api = new PublicSpeechClient(platform.gateway.grpcAddress);
    const services = await api.listServices();
    expect(services).toEqual(expect.arrayContaining(['parlance.voice.v1.Speech', 'grpc.health.v1.Health']));
    const audio = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;
    const stream = api
      .openStream()
      .configure({ recognition: { audio, model: 'whisper-1' }, mode: 'STREAMING_MODE_LIVE' });
    await stream.send(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]));
    expect((await stream.end()).status).toBe(0);
    expect(wordsOf(stream.text)).toContain('letter');
    expect(stream.summary?.audioMs).toBeGreaterThan(5_000);
    api.close();
  });

  it('a gateway that is asked to stop hears out its streams, tells them to come back, and ends clean', async () => {
    const leaving = await platform.startGateway();
    const client = await ListenClient.open(leaving.url);
    const api = new PublicSpeechClient(leaving.grpcAddress);
    const audio = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;
    const stream = api.openStream().configure({ recognition: { audio }, mode: 'STREAMING_MODE_LIVE' });
    await Promise.all([
      client.speak(speechPcm(READ_SPEECH.letter), 8),
      stream.send(speechPcm(READ_SPEECH.letter)),
    ]);
    await client.next('SpeechStarted');
    await until(() => stream.endpoints.length > 0);
    const ended = leaving.process.end('SIGTERM');
    await expect(client.closed).resolves.toMatchObject({ code: 1012, reason: 'service.draining' });
    await expect(stream.ended).resolves.toMatchObject({ status: 14, code: 'service.draining' });
    expect(wordsOf(client.text)).toContain('letter');
    expect(wordsOf(stream.text)).toContain('letter');
    expect(await ended).toBe(0);
    api.close();
  });

  it('a stream whose recognition dies is told so by a retryable code', async () => {
    const client = await ListenClient.open(platform.gateway.url);
    await client.speak(speechPcm(READ_SPEECH.letter).subarray(0, 64_000), 8);
    await client.next('SpeechStarted');
    await platform.kill('inference');
    await expect(client.closed).resolves.toMatchObject({ code: 4503, reason: 'inference.interrupted' });
    expect(client.of('Error')[0]?.error).toMatchObject({ code: 'inference.interrupted', retryable: true });
    await platform.startService('inference');
    const again = await until(async () => {
      const next = await ListenClient.open(platform.gateway.url);
      await next.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]), 10);
      next.control('CloseStream');
      return (await next.closed).code === 1000 ? next : undefined;
    }, 40_000);
    expect(wordsOf(again.text)).toContain('letter');
  });
});

function framesOf(format: string): Buffer[] {
  const bytes = speechAs(READ_SPEECH.letter, format);
  return Array.from({ length: Math.ceil(bytes.length / 16_000) }, (_, index) =>
    bytes.subarray(index * 16_000, (index + 1) * 16_000),
  );
}
