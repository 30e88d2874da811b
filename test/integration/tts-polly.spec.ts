import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PollySynthesizer, type PollyOptions } from '@parlance/tts/engines/polly/polly.provider';
import { PollyServer } from '../support/polly.js';

describe('speech by Polly', () => {
  let server: PollyServer;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    server = await PollyServer.start();
  });
  beforeEach(() => {
    server.requests.length = 0;
    server.markRequests.length = 0;
    server.marks = 'speak';
    server.usual = 'speak';
    server.next.length = 0;
  });
  afterAll(() => server.stop());

  async function polly(options: Partial<PollyOptions> = {}): Promise<PollySynthesizer> {
    const synthesizer = new PollySynthesizer({
      region: 'eu-west-1',
      endpoint: server.endpoint,
      model: 'neural',
      defaultVoice: 'Joanna',
      timeoutMs: 1_500,
      credentials: { accessKeyId: PollyServer.accessKeyId, secretAccessKey: PollyServer.secretAccessKey },
      ...options,
    });
    await synthesizer.init();
    return synthesizer;
  }

  function spoken(synthesizer: PollySynthesizer, text: string): Promise<Buffer> {
    return buffer(synthesizer.speak(text, 'Amy', { speed: 1, signal }).chunks);
  }

  async function wordsOf(synthesizer: PollySynthesizer, text: string, speed = 1) {
    const speech = synthesizer.speak(text, 'Amy', { speed, signal });
    await buffer(speech.chunks);
    return speech.words();
  }

  it('is signed, neural and in MP3', async () => {
    const audio = await spoken(await polly(), 'Hello there.');
    expect(server.requests).toMatchObject([
      {
        Text: '<speak>Hello there.</speak>',
        TextType: 'ssml',
        VoiceId: 'Amy',
        Engine: 'neural',
        OutputFormat: 'mp3',
      },
    ]);
    expect(audio.length).toBeGreaterThan(1_000);
  });

  it('is made by the best engine that a voice has where it cannot do what is configured', async () => {
    const synthesizer = await polly();
    for (const voice of ['Matthew', 'Nicole', 'Patrick'])
      await buffer(synthesizer.speak('Hello.', voice, { speed: 1, signal }).chunks);
    expect(server.requests.map(({ Engine }) => Engine)).toEqual(['neural', 'standard', 'long-form']);
    await buffer(
      (await polly({ model: 'standard' })).speak('Hello.', 'Matthew', { speed: 1, signal }).chunks,
    );
    expect(server.requests.at(-1)!.Engine).toBe('standard');
  });

  it('is slow by SSML of its own, whatever the text holds; what Polly cannot is left for the encoder', async () => {
    const synthesizer = await polly();
    const speech = synthesizer.speak('<break/> Tom & I. So?', 'Amy', { speed: 0.5, signal });
    await buffer(speech.chunks);
    expect(speech.speed).toBe(1);
    expect(server.requests[0]!.Text).toBe(
      '<speak><prosody rate="50%">&lt;break/&gt; Tom &amp; I.<break time="300ms"/> So?</prosody></speak>',
    );
    expect(synthesizer.speak('Slow.', 'Amy', { speed: 4, signal }).speed).toBe(2);
  });

  it('has its words with their times, which speech marks tell', async () => {
    expect(await wordsOf(await polly(), 'Hi Tom, you.')).toEqual([
      { text: 'Hi', startMs: 0, endMs: 150 },
      { text: 'Tom', startMs: 150, endMs: 300 },
      { text: 'you', startMs: 400, endMs: 550 },
    ]);
    expect(server.markRequests).toMatchObject([{ SpeechMarkTypes: ['word', 'viseme'] }]);
    expect((await wordsOf(await polly(), 'Hi Tom.', 0.5))[1]).toMatchObject({ text: 'Tom', startMs: 300 });
  });

  it('has words that count from the start of the whole text', async () => {
    const words = await wordsOf(await polly(), 'This is a sentence of a long text. '.repeat(110).trim());
    // The first part has 82 sentences, and is heard for three seconds.
    const [last, first, next] = words.slice(82 * 8 - 1, 82 * 8 + 2);
    expect([last!.text, first!.text, next!.text]).toEqual(['text', 'This', 'is']);
    expect(first!.startMs).toBeGreaterThanOrEqual(last!.endMs);
    expect(next!.startMs - first!.startMs).toBe(250);
    expect(words).toHaveLength(110 * 8);
  });

  it.each([
    ['fails', { status: 500 } as const],
    ['is empty', 'nothing' as const],
    ['is cut', 'cut' as const],
  ])('is spoken all the same where the answer with the marks %s', async (_name, marks) => {
    server.marks = marks;
    const speech = (await polly()).speak('Hello.', 'Amy', { speed: 1, signal });
    expect((await buffer(speech.chunks)).length).toBeGreaterThan(500);
    expect(await speech.words()).toEqual([]);
  });

  it('lists its voices, the configured default first', async () => {
    const voices = (await polly({ defaultVoice: 'Matthew' })).voices();
    expect(voices.map(({ name, language }) => [name, language])).toEqual([
      ['Matthew', 'en-US'],
      ['Joanna', 'en-US'],
      ['Amy', 'en-GB'],
      ['Nicole', 'en-AU'],
      ['Patrick', 'en-US'],
    ]);
  });

  it.each([
    ['a fault', { status: 500 } as const],
    ['a limit', { status: 429 } as const],
    ['silence', 'hang' as const],
    ['a cut answer', 'cut' as const],
    ['an empty answer', 'nothing' as const],
  ])('is asked for again after %s, and comes whole', async (_name, behaviour) => {
    const synthesizer = await polly();
    server.next.push(behaviour);
    const audio = await spoken(synthesizer, 'Hello there.');
    expect(server.requests).toHaveLength(2);
    expect(audio).toEqual(await spoken(synthesizer, 'Hello there.'));
  });

  it('fails by code, without a word of the vendor, when the faults last', async () => {
    const synthesizer = await polly({ breaker: { failures: 3, halfOpenAfterMs: 60_000 } });
    server.next.push({ status: 500 }, { status: 500 }, { status: 500 });
    const failure = spoken(synthesizer, 'Hello.');
    await expect(failure).rejects.toMatchObject({
      code: 'upstream.unavailable',
      message: expect.not.stringMatching(/vendor/),
    });
    // The breaker is open now: Polly is left alone.
    await expect(spoken(synthesizer, 'Hello.')).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
    expect(server.requests).toHaveLength(3);
  });

  it('is not asked again for what it refuses', async () => {
    const synthesizer = await polly();
    server.next.push({ status: 400 });
    await expect(spoken(synthesizer, 'Hello.')).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('comes in pieces for a long text', async () => {
    const text = 'This is a sentence of a long text. '.repeat(110).trim();
    await spoken(await polly(), text);
    expect(server.requests.length).toBe(2);
    expect(server.requests.map(({ Text }) => Text.replace(/<\/?speak>/g, '')).join(' ')).toBe(text);
  });

  it('comes in smaller pieces where its signs have to be escaped', async () => {
    await spoken(await polly(), '& '.repeat(1_400) + 'and so on.');
    expect(Math.max(...server.requests.map(({ Text }) => Text.length))).toBeLessThanOrEqual(6_000);
  });

  it('is left alone when half of ten calls have failed, and tried again after a while', async () => {
    const breaker = { share: 0.5, leastCalls: 10, withinMs: 60_000, halfOpenAfterMs: 300 };
    const synthesizer = await polly({ breaker });
    // With the two pages of voices three calls that are well, so that the seventh failure is in the tenth.
    await spoken(synthesizer, 'Hello.');
    const before = server.requests.length;
    server.usual = { status: 500 };
    for (let text = 0; text < 4; text += 1)
      await expect(spoken(synthesizer, 'Hello.')).rejects.toMatchObject({ code: 'upstream.unavailable' });
    expect(server.requests).toHaveLength(before + 7);
    await pause(320);
    // Half open: a trial that fails opens it again, one that is well closes it.
    await expect(spoken(synthesizer, 'Hello.')).rejects.toMatchObject({ code: 'upstream.unavailable' });
    expect(server.requests).toHaveLength(before + 8);
    server.usual = 'speak';
    await expect(spoken(synthesizer, 'Hello.')).rejects.toMatchObject({ code: 'upstream.unavailable' });
    await pause(320);
    await spoken(synthesizer, 'Hello.');
    await spoken(synthesizer, 'Hello.');
    expect(server.requests).toHaveLength(before + 10);
  }, 20_000);
});
