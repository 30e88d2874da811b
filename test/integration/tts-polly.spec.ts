import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PollySynthesizer, type PollyOptions } from '@parlance/tts/engines/polly.provider';
import { PollyServer } from '../support/polly.js';

describe('speech by Polly', () => {
  let server: PollyServer;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    server = await PollyServer.start();
  });
  beforeEach(() => {
    server.requests.length = 0;
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

  it('is signed, neural and in MP3', async () => {
    const audio = await spoken(await polly(), 'Hello there.');
    expect(server.requests).toMatchObject([
      { Text: 'Hello there.', VoiceId: 'Amy', Engine: 'neural', OutputFormat: 'mp3' },
    ]);
    expect(audio.length).toBeGreaterThan(1_000);
  });

  it('lists its voices, the configured default first', async () => {
    const voices = (await polly({ defaultVoice: 'Matthew' })).voices();
    expect(voices.map(({ name, language }) => [name, language])).toEqual([
      ['Matthew', 'en-US'],
      ['Joanna', 'en-US'],
      ['Amy', 'en-GB'],
    ]);
  });

  it.each([
    ['a fault', { status: 500 } as const],
    ['a limit', { status: 429 } as const],
    ['silence', 'hang' as const],
    ['a cut answer', 'cut' as const],
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
    expect(server.requests.map(({ Text }) => Text).join(' ')).toBe(text);
  });
});
