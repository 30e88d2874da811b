import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Platform } from '../support/platform.js';
import { describeWithShared } from '../support/shared.js';
import { NO_MODELS } from '../support/models.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

interface Answer {
  readonly error?: { readonly code: string; readonly message: string; readonly type: string };
  readonly voices?: readonly Record<string, unknown>[];
  readonly default?: string;
}

describeWithShared('voices over HTTP', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await Platform.start({ services: ['inference', 'tts'], tts: NO_MODELS });
  });
  afterAll(() => platform?.stop());

  async function speak(body: Record<string, unknown>): Promise<{ response: Response; answer: Answer }> {
    const response = await platform.gateway.fetch('/v1/audio/speech', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tts-1', input: 'Hello there.', voice: 'alloy', ...body }),
    });
    const isJson = response.headers.get('content-type')?.includes('json');
    return { response, answer: isJson ? ((await response.json()) as Answer) : {} };
  }

  it('are listed with engine, language, licence and the names they answer to, for who has a key', async () => {
    const listed = await platform.gateway.fetch('/v1/audio/voices');
    const { voices, default: standard } = (await listed.json()) as Answer;
    expect(listed.status).toBe(200);
    expect(standard).toBe('en-us');
    expect(voices!.find(({ name }) => name === 'en-us')).toMatchObject({
      id: 'en-us',
      engine: 'local:espeak-ng',
      language: 'en-US',
      licence: 'GPL-3.0-or-later',
      aliases: expect.arrayContaining(['alloy', 'nova', 'joanna']),
    });
    const without = await fetch(`${platform.gateway.url}/v1/audio/voices`);
    expect(without.status).toBe(401);
  });

  it('are in the OpenAPI document', async () => {
    const document = await (await fetch(`${platform.gateway.process.opsUrl}/api/docs-json`)).json();
    expect((document as { paths: object }).paths).toHaveProperty('/v1/audio/voices');
  });

  it.each(['alloy', 'nova', 'Joanna', 'en-gb', 'DE'])('speak by the name %s', async (voice) => {
    const { response } = await speak({ voice });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-speech-engine')).toBe('local:espeak-ng');
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(1_000);
  });

  it.each(['nobody', 'constructor', '__proto__', 'hasOwnProperty'])(
    'refuse the name %s with 404 and the names there are',
    async (voice) => {
      const { response, answer } = await speak({ voice });
      expect(response.status).toBe(404);
      expect(answer.error).toMatchObject({
        code: 'voice.not_found',
        message: expect.stringMatching(/Voices of en-US: en-us.*GET \/v1\/audio\/voices lists all/),
      });
    },
  );

  it.each([
    ['a custom voice', { voice: { id: 'voice_123' } }, 'request.invalid', /voice: .*custom voices/],
    ['a voice in another form', { voice: 7 }, 'request.invalid', /voice: /],
    ['a script the voice cannot speak', { input: '你好，世界' }, 'speech.unsupported_script', /Han letters/],
    ['Cyrillic letters', { input: 'Привет' }, 'speech.unsupported_script', /Cyrillic letters/],
    ['pictures alone', { input: '👍👍' }, 'speech.unsupported_script', /pictures/],
    ['marks alone', { input: '?!...' }, 'request.invalid', /nothing to speak/],
    ['SSML', { input: ' <speak>Hello.</speak>' }, 'speech.ssml_unsupported', /SSML/],
    ['no language', { language: 'German, please' }, 'request.invalid', /language: /],
    ['too long a text', { input: 'a'.repeat(5_000) }, 'request.invalid', /4096/],
  ])('refuse %s with 400 and the reason, before any audio', async (_name, body, code, message) => {
    const { response, answer } = await speak(body);
    expect(response.status).toBe(400);
    expect(answer.error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('follow the language of the text where none is named', async () => {
    const { response } = await speak({
      voice: '',
      language: 'de-AT',
      input: 'Guten Tag.',
      response_format: 'pcm',
    });
    const english = await speak({ voice: '', input: 'Guten Tag.', response_format: 'pcm' });
    const [german, other] = [await response.arrayBuffer(), await english.response.arrayBuffer()];
    expect(Buffer.from(german).equals(Buffer.from(other))).toBe(false);
  });

  it('speak 4,000 characters without a full stop', async () => {
    const { response } = await speak({ input: 'word '.repeat(800), response_format: 'pcm' });
    expect(response.status).toBe(200);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(24_000 * 2 * 60);
  });
});
