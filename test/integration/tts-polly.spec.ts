import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PollySynthesizer, type PollyOptions } from '../../apps/tts/src/engines/polly.provider.js';
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

  it('is signed, neural and in MP3', async () => {
    const audio = await buffer((await polly()).speak('Hello there.', 'Amy', signal));
    expect(server.requests).toMatchObject([
      { Text: 'Hello there.', VoiceId: 'Amy', Engine: 'neural', OutputFormat: 'mp3' },
    ]);
    expect(audio.length).toBeGreaterThan(1_000);
  });

  it('knows its own voices and those of OpenAI that it has', async () => {
    const synthesizer = await polly();
    expect(synthesizer.resolveVoice('')).toBe('Joanna');
    expect(synthesizer.resolveVoice('alloy')).toBe('Joanna');
    expect(synthesizer.resolveVoice('echo')).toBe('Matthew');
    expect(synthesizer.resolveVoice('amy')).toBe('Amy');
    expect(synthesizer.resolveVoice('nova')).toBeUndefined();
    expect(synthesizer.resolveVoice('nobody')).toBeUndefined();
  });

  it.each([
    ['a fault', { status: 500 } as const],
    ['a limit', { status: 429 } as const],
    ['silence', 'hang' as const],
    ['a cut answer', 'cut' as const],
  ])('is asked for again after %s, and comes whole', async (_name, behaviour) => {
    const synthesizer = await polly();
    server.next.push(behaviour);
    const audio = await buffer(synthesizer.speak('Hello there.', 'Amy', signal));
    expect(server.requests).toHaveLength(2);
    expect(audio).toEqual(await buffer(synthesizer.speak('Hello there.', 'Amy', signal)));
  });

  it('fails by code, without a word of the vendor, when the faults last', async () => {
    const synthesizer = await polly({ breaker: { failures: 3, halfOpenAfterMs: 60_000 } });
    server.next.push({ status: 500 }, { status: 500 }, { status: 500 });
    const failure = buffer(synthesizer.speak('Hello.', 'Amy', signal));
    await expect(failure).rejects.toMatchObject({
      code: 'upstream.unavailable',
      message: expect.not.stringMatching(/vendor/),
    });
    // The breaker is open now: Polly is left alone.
    await expect(buffer(synthesizer.speak('Hello.', 'Amy', signal))).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
    expect(server.requests).toHaveLength(3);
  });

  it('is not asked again for what it refuses', async () => {
    const synthesizer = await polly();
    server.next.push({ status: 400 });
    await expect(buffer(synthesizer.speak('Hello.', 'Amy', signal))).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('comes in pieces for a long text', async () => {
    const text = 'This is a sentence of a long text. '.repeat(110).trim();
    await buffer((await polly()).speak(text, 'Amy', signal));
    expect(server.requests.length).toBe(2);
    expect(server.requests.map(({ Text }) => Text).join(' ')).toBe(text);
  });
});
