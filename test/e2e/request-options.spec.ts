import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { wavHeader } from '#libs/audio';
import { ListenClient } from '../support/listen-client.js';
import { openAiParameters } from '../support/openai-parameters.js';
import { Platform } from '../support/platform.js';
import { SpeechDoor } from '../support/speech-door.js';
import { READ_SPEECH, speechFile, speechPcm, wordsOf } from '../support/speech-samples.js';

const PCM = { encoding: 'PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;
const RECORDING = readFileSync(speechFile(READ_SPEECH.letter));
const UPLOADS = ['/v1/audio/transcriptions', '/v1/audio/translations', '/api/v1/turns'];

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the answer is no fault. */
  readonly error?: { readonly code: string; readonly message: string };
}

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('what a request asks for', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await Platform.start();
  });
  afterAll(() => platform?.stop());

  async function send(path: string, init: RequestInit = {}): Promise<Answer> {
    const answer = await platform.gateway.fetch(path, init);
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    const { error } = isJson ? (JSON.parse(text) as Pick<Answer, 'error'>) : {};
    return { status: answer.status, headers: answer.headers, text, error };
  }

  function upload(
    path: string,
    fields: readonly (readonly [string, string])[],
    file: Buffer = RECORDING,
  ): Promise<Answer> {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    form.set(path.includes('turns') ? 'audio' : 'file', new Blob([new Uint8Array(file)]), 'recording');
    return send(path, { method: 'POST', body: form });
  }

  const speak = (body: object): Promise<Answer> =>
    send('/v1/audio/speech', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tts-1', input: 'Good morning.', voice: 'alloy', ...body }),
    });

  function expectRefusal(answer: Answer, name: string): void {
    expect([name, answer.status, answer.error?.code]).toEqual([name, 400, 'request.invalid']);
    expect(answer.error?.message).toContain(name);
  }

  describe('in a malformed form', () => {
    const part = (name: string, file: boolean, body = 'x'): string =>
      `--B\r\ncontent-disposition: form-data; name="${name}"${file ? '; filename="a"' : ''}\r\n\r\n${body}\r\n`;
    const badHeader = '--B\r\nA\u0001: b\r\n\r\nx\r\n';
    const nameless = '--B\r\ncontent-disposition: form-data\r\n\r\nx\r\n';
    const bodies = (field: string): string[] => [
      `${badHeader}${badHeader}--B--\r\n`,
      `${part(field, true)}${badHeader}${badHeader}--B--\r\n`,
      `${badHeader}${nameless}--B--\r\n`,
      `${nameless}${part(field, true)}--B--\r\n`,
      `${part(field, true)}${part(field, true)}`,
      `${part(field, true)}${part('another', true)}`,
      part('another', true),
      '--B',
    ];

    it.each(UPLOADS)('%s answers 400 to each, and goes on serving', async (path) => {
      for (const body of bodies(path.includes('turns') ? 'audio' : 'file')) {
        const headers = { 'content-type': 'multipart/form-data; boundary=B' };
        const answer = await send(path, { method: 'POST', headers, body });
        expect([body, answer.status, answer.error?.code]).toEqual([body, 400, 'request.invalid']);
      }
      expect((await send('/v1/models')).status).toBe(200);
      expect(platform.gateway.process.hasEnded).toBe(false);
    });
  });

  describe("of OpenAI's parameters", () => {
    /** A value that a route which reads the parameter refuses by its name; or that it has not, and refuses it so. */
    const WRONG: Readonly<Record<string, string>> = {
      model: 'x'.repeat(201),
      chunking_strategy: '{"type":"server_vad"}',
      include: 'logprobs',
      known_speaker_names: 'Ann',
      known_speaker_references: 'data:audio/wav;base64,',
      language: 'klingon',
      prompt: 'x'.repeat(8_001),
      response_format: 'poem',
      stream: 'perhaps',
      temperature: 'warm',
      timestamp_granularities: 'letter',
      input: '',
      instructions: 'Whisper.',
      voice: 'x'.repeat(101),
      speed: 'fast',
      stream_format: 'video',
    };

    it.each([
      ['transcriptions', 'TranscriptionCreateParamsBase'],
      ['translations', 'TranslationCreateParams'],
    ])('%s reads each or refuses it by its name', async (route, schema) => {
      const names = openAiParameters(route, schema).filter((name) => name !== 'file');
      expect(names).toEqual(expect.arrayContaining(['model', 'prompt', 'response_format', 'temperature']));
      for (const name of names)
        expectRefusal(await upload(`/v1/audio/${route}`, [[name, WRONG[name] ?? 'x']]), name);
    });

    it('speech reads each or refuses it by its name', async () => {
      const names = openAiParameters('speech', 'SpeechCreateParams');
      expect(names).toEqual(expect.arrayContaining(['input', 'voice', 'stream_format']));
      for (const name of names) expectRefusal(await speak({ [name]: WRONG[name] ?? 'x' }), name);
    });

    it.each([
      ['stream', [['stream', 'true'], ['response_format', 'srt']]], // prettier-ignore
      ['stream', [['stream', 'true'], ['response_format', 'vtt']]], // prettier-ignore
      ['stream', [['stream', 'true'], ['response_format', 'text']]], // prettier-ignore
      ['stream', [['stream', '1'], ['response_format', 'verbose_json'], ['timestamp_granularities[]', 'word']]], // prettier-ignore
      ['include', [['include[]', 'logprobs']]],
      ['include', [['include[0]', 'logprobs']]],
      ['beam_width', [['beam_width', '5']]],
      ['constructor', [['constructor', '5']]],
      ['response_format', [['response_format', 'constructor']]],
      ['language', [['language', '__proto__']]],
    ] as [string, [string, string][]][])('%s without effect is refused: %j', async (name, fields) => {
      expectRefusal(await upload('/v1/audio/transcriptions', fields), name);
    });

    it('an unknown query parameter is refused by its name, and an API version is not', async () => {
      expectRefusal(await send('/v1/models?language=en'), 'language');
      expectRefusal(await upload('/v1/audio/transcriptions?beam_size=5', []), 'beam_size');
      expect((await send('/v1/models?api-version=2025-03-01')).status).toBe(200);
    });

    it('elements of a list with their index are words and segments', async () => {
      const fields = [
        ['response_format', 'verbose_json'],
        ['timestamp_granularities[0]', 'word'],
      ] as const;
      const transcript = JSON.parse((await upload('/v1/audio/transcriptions', fields)).text) as {
        words?: object[];
        segments?: object[];
      };
      expect(transcript.words?.length).toBeGreaterThan(5);
      expect(transcript.segments).toBeUndefined();
    });

    it('speech comes as server-sent events where they are asked for: the same audio', async () => {
      const plain = await platform.gateway.fetch('/v1/audio/speech', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'tts-1',
          input: 'Good evening.',
          voice: 'alloy',
          stream_format: 'audio',
        }),
      });
      const audio = Buffer.from(await plain.arrayBuffer());
      const answer = await speak({ input: 'Good evening.', stream_format: 'sse' });
      expect(answer.headers.get('content-type')).toContain('text/event-stream');
      const events = answer.text
        .split('\n\n')
        .filter((event) => event !== '')
        .map((event) => JSON.parse(event.replace(/^data: /, '')) as { type: string; audio?: string });
      expect(events.at(-1)).toEqual({ type: 'speech.audio.done' });
      expect(new Set(events.slice(0, -1).map(({ type }) => type))).toEqual(new Set(['speech.audio.delta']));
      const spoken = Buffer.concat(events.map((event) => Buffer.from(event.audio ?? '', 'base64')));
      expect(spoken.equals(audio)).toBe(true);
    });

    it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
      'a voice and a model named %s are not there, and the voices that are get named',
      async (name) => {
        const voice = await speak({ voice: name });
        expect([voice.status, voice.error?.code]).toEqual([404, 'voice.not_found']);
        expect(voice.error?.message).toContain('Voices of en-US: joe');
        const turn = await upload('/api/v1/turns', [['voice', name]]);
        expect([turn.status, turn.error?.code]).toEqual([404, 'voice.not_found']);
        const model = await upload('/v1/audio/transcriptions', [['model', name]]);
        expect([model.status, model.error?.code]).toEqual([404, 'model.not_found']);
        expectRefusal(await speak({ response_format: name }), 'response_format');
      },
    );

    it('a text is as long as its characters are, and an emoji is one', async () => {
      const answer = await speak({ input: `Hi. ${'😀'.repeat(4_090)}` });
      // Pictures alone are left out; the text is not too long.
      expect([answer.status, answer.error?.message]).toEqual([200, undefined]);
      expectRefusal(await speak({ input: '😀'.repeat(4_097) }), 'input');
    });
  });

  describe('in a language by any of its names', () => {
    it.each(['en-US', 'en_gb', 'English', 'EN', 'auto', ''])('%j is heard by every API', async (language) => {
      for (const path of UPLOADS.filter((one) => !one.includes('translations'))) {
        const fields = [['language', language], ...(path.includes('turns') ? [['speak', 'false']] : [])];
        const answer = await upload(path, fields as [string, string][]);
        expect([path, answer.error?.message]).toEqual([path, undefined]);
        expect(wordsOf((JSON.parse(answer.text) as { text: string }).text)).toContain('letter');
      }
      expect((await speak({ language })).status).toBe(200);
      const client = await ListenClient.open(platform.gateway.url, { language, languages: language });
      client.control('CloseStream');
      expect([await client.closed, client.of('Error')]).toEqual([
        expect.objectContaining({ code: 1000 }),
        [],
      ]);
      const stream = new SpeechDoor(platform.gateway.grpcAddress).openStream();
      const languages = language === '' ? [] : [language];
      stream.configure({ recognition: { audio: PCM, language, languages }, mode: 'RECORDING' });
      await stream.feed(speechPcm(READ_SPEECH.letter));
      expect((await stream.end()).status).toBe(0);
    });

    it('what is no language is refused by every API', async () => {
      for (const path of UPLOADS) expectRefusal(await upload(path, [['language', 'klingon']]), 'klingon');
      expectRefusal(await speak({ language: 'klingon' }), 'klingon');
      const client = await ListenClient.open(platform.gateway.url, { language: 'klingon' });
      await expect(client.closed).resolves.toMatchObject({ code: 4400 });
      const stream = new SpeechDoor(platform.gateway.grpcAddress).openStream();
      const end = await stream.configure({ recognition: { audio: PCM, language: 'klingon' } }).ended;
      expect(end).toMatchObject({ code: 'request.invalid', details: expect.stringContaining('klingon') });
    });

    it('a translation says that it is one', async () => {
      const answer = await upload('/v1/audio/translations', [['response_format', 'verbose_json']]);
      expect(JSON.parse(answer.text)).toMatchObject({ task: 'translate', language: 'english' });
    });
  });

  it('a recording that claims 1 Hz is refused by its rate, at once', async () => {
    const begun = performance.now();
    for (const path of UPLOADS) {
      const file = Buffer.concat([wavHeader(1, 1, 32_000), Buffer.alloc(32_000)]);
      const { error } = await upload(path, [], file);
      expect(error).toMatchObject({
        code: 'audio.unsupported_format',
        message: expect.stringContaining('1 Hz'),
      });
    }
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('events after one that is still to come are those from now on, and the stream closes when all is said', async () => {
    const first = await ListenClient.open(platform.gateway.url, { converse: 'true', speak: 'false' });
    const { session = '' } = await first.next('Metadata');
    first.control('CloseStream');
    await first.closed;
    const query = { converse: 'true', speak: 'false', session, after: '999999999999' };
    const client = await ListenClient.open(platform.gateway.url, query);
    await client.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), Buffer.alloc(40_000)]), 8);
    client.control('CloseStream');
    const begun = performance.now();
    await client.closed;
    expect(client.of('TurnReplied')).toHaveLength(1);
    expect(performance.now() - begun).toBeLessThan(30_000);
    for (const after of ['0x10', '1e3', '-1', '', ' 1', '1.5']) {
      const answer = await send(`/api/v1/sessions/${session}?after=${encodeURIComponent(after)}`);
      expectRefusal(answer, 'after');
      const refused = await ListenClient.open(platform.gateway.url, { ...query, after });
      await expect(refused.closed).resolves.toMatchObject({ code: 4400 });
    }
  });

  it('has security headers on every answer, and the page of the documentation works with them', async () => {
    const paths = ['/healthz', '/v1/models', '/v1/nothing', '/api/docs', '/api/docs-json'];
    for (const path of paths) {
      const { headers } = await send(path);
      expect([path, headers.get('x-content-type-options'), headers.get('x-frame-options')]).toEqual([
        ...[path, 'nosniff', 'DENY'],
      ]);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
    const stranger = await fetch(`${platform.gateway.url}/v1/models`);
    for (const headers of [stranger.headers, (await send('/v1/models')).headers])
      expect(headers.get('cache-control')).toBe('no-store');
    const page = await send('/api/docs');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    // Scripts in the page itself would not run; the ones beside it are there.
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+\.(?:js|css|png))"/g)].map(
      ([, path]) => path!,
    );
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      const { pathname } = new URL(asset, `${platform.gateway.url}/api/docs`);
      expect([pathname, (await send(pathname)).status]).toEqual([pathname, 200]);
    }
  });
});
