import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { wavHeader } from '@parlance/audio';
import { fileField, GatewayClient, malformedForms, type Answer } from '../support/gateway-client.js';
import { ListenClient } from '../support/listen-client.js';
import { openAiParameters } from '../support/openai-parameters.js';
import { Platform } from '../support/platform.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { READ_SPEECH, speechPcm, wordsOf } from '../support/speech-samples.js';

const PCM = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;
const UPLOADS = ['/v1/audio/transcriptions', '/v1/audio/translations', '/api/v1/turns'];

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('what a request asks for', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await Platform.start();
  });
  afterAll(() => platform?.stop());

  const client = new GatewayClient(() => platform.gateway);

  function expectRefusal(answer: Answer, name: string): void {
    expect([name, answer.status, answer.error?.code]).toEqual([name, 400, 'request.invalid']);
    expect(answer.error?.message).toContain(name);
  }

  describe('in a malformed form', () => {
    it.each(UPLOADS)('%s answers 400 to each, and goes on serving', async (path) => {
      for (const body of malformedForms(fileField(path))) {
        const headers = { 'content-type': 'multipart/form-data; boundary=B' };
        const answer = await client.send(path, { method: 'POST', headers, body });
        expect([body, answer.status, answer.error?.code]).toEqual([body, 400, 'request.invalid']);
      }
      expect((await client.send('/v1/models')).status).toBe(200);
      expect(platform.gateway.process.hasEnded).toBe(false);
    });
  });

  it('a malformed upgrade that is reset at once does not end the gateway', async () => {
    const { hostname, port } = new URL(platform.gateway.url);
    for (let attempt = 0; attempt < 20; attempt++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write('GET // HTTP/1.1\r\nHost: [\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      if (attempt % 2 === 0) await once(socket, 'data');
      socket.resetAndDestroy();
    }
    await delay(200);
    expect(platform.gateway.process.hasEnded).toBe(false);
  });

  describe("of OpenAI's parameters", () => {
    /** A value that a route which reads the parameter refuses by its name; or that it has not, and refuses it so. */
    const WRONG: Readonly<Record<string, string>> = {
      model: 'x'.repeat(201),
      chunking_strategy: 'manual',
      include: 'speakers',
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
        expectRefusal(await client.upload(`/v1/audio/${route}`, [[name, WRONG[name] ?? 'x']]), name);
    });

    it('speech reads each or refuses it by its name', async () => {
      const names = openAiParameters('speech', 'SpeechCreateParams');
      expect(names).toEqual(expect.arrayContaining(['input', 'voice', 'stream_format']));
      for (const name of names) expectRefusal(await client.speak({ [name]: WRONG[name] ?? 'x' }), name);
    });

    it.each([
      ['stream', [['stream', 'true'], ['response_format', 'srt']]], // prettier-ignore
      ['stream', [['stream', 'true'], ['response_format', 'vtt']]], // prettier-ignore
      ['stream', [['stream', 'true'], ['response_format', 'text']]], // prettier-ignore
      ['stream', [['stream', '1'], ['response_format', 'verbose_json'], ['timestamp_granularities[]', 'word']]], // prettier-ignore
      ['include', [['include[]', 'logprobs'], ['response_format', 'srt']]], // prettier-ignore
      ['include', [['include[0]', 'logprobs'], ['beam_size', '5']]], // prettier-ignore
      ['beam_width', [['beam_width', '5']]],
      ['constructor', [['constructor', '5']]],
      ['response_format', [['response_format', 'constructor']]],
      ['language', [['language', '__proto__']]],
    ] as [string, [string, string][]][])('%s without effect is refused: %j', async (name, fields) => {
      expectRefusal(await client.upload('/v1/audio/transcriptions', fields), name);
    });

    it('an unknown query parameter is refused by its name, and an API version is not', async () => {
      expectRefusal(await client.send('/v1/models?language=en'), 'language');
      expectRefusal(await client.upload('/v1/audio/transcriptions?beam_size=5', []), 'beam_size');
      expect((await client.send('/v1/models?api-version=2025-03-01')).status).toBe(200);
    });

    it('elements of a list with their index are words and segments', async () => {
      const fields = [
        ['response_format', 'verbose_json'],
        ['timestamp_granularities[0]', 'word'],
      ] as const;
      const transcript = JSON.parse((await client.upload('/v1/audio/transcriptions', fields)).text) as {
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
      const answer = await client.speak({ input: 'Good evening.', stream_format: 'sse' });
      expect(answer.headers.get('content-type')).toContain('text/event-stream');
      const events = answer.text
        .split('\n\n')
        .filter((event) => event !== '')
        .map((event) => JSON.parse(event.replace(/^data: /, '')) as { type: string; audio?: string });
      expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done', usage: { total_tokens: 13 } });
      expect(new Set(events.slice(0, -1).map(({ type }) => type))).toEqual(new Set(['speech.audio.delta']));
      const spoken = Buffer.concat(events.map((event) => Buffer.from(event.audio ?? '', 'base64')));
      expect(spoken.equals(audio)).toBe(true);
    });

    it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
      'a voice and a model named %s are not there, and the voices that are get named',
      async (name) => {
        const voice = await client.speak({ voice: name });
        expect([voice.status, voice.error?.code]).toEqual([404, 'voice.not_found']);
        expect(voice.error?.message).toContain('Voices of en-US: joe');
        const turn = await client.upload('/api/v1/turns', [['voice', name]]);
        expect([turn.status, turn.error?.code]).toEqual([404, 'voice.not_found']);
        const model = await client.upload('/v1/audio/transcriptions', [['model', name]]);
        expect([model.status, model.error?.code]).toEqual([404, 'model.not_found']);
        expectRefusal(await client.speak({ response_format: name }), 'response_format');
      },
    );

    it('a text is as long as its characters are, and an emoji is one', async () => {
      const answer = await client.speak({ input: `Hi. ${'😀'.repeat(4_090)}` });
      // Pictures alone are left out; the text is not too long.
      expect([answer.status, answer.error?.message]).toEqual([200, undefined]);
      expectRefusal(await client.speak({ input: '😀'.repeat(4_097) }), 'input');
    });
  });

  describe('in a language by any of its names', () => {
    it.each(['en-US', 'English', 'auto', ''])('%j is heard by every API', async (language) => {
      for (const path of UPLOADS.filter((one) => !one.includes('translations'))) {
        const fields = [['language', language], ...(path.includes('turns') ? [['speak', 'false']] : [])];
        const answer = await client.upload(path, fields as [string, string][]);
        expect([path, answer.error?.message]).toEqual([path, undefined]);
        expect(wordsOf((JSON.parse(answer.text) as { text: string }).text)).toContain('letter');
      }
      expect((await client.speak({ language })).status).toBe(200);
      const listener = await ListenClient.open(platform.gateway.url, { language, languages: language });
      listener.control('CloseStream');
      expect([await listener.closed, listener.of('Error')]).toEqual([
        expect.objectContaining({ code: 1000 }),
        [],
      ]);
      const stream = new PublicSpeechClient(platform.gateway.grpcAddress).openStream();
      const languages = language === '' ? [] : [language];
      stream.configure({
        recognition: { audio: PCM, language, languages },
        mode: 'STREAMING_MODE_RECORDING',
      });
      await stream.send(speechPcm(READ_SPEECH.letter));
      expect((await stream.end()).status).toBe(0);
    });

    it('what is no language is refused by every API', async () => {
      for (const path of UPLOADS)
        expectRefusal(await client.upload(path, [['language', 'klingon']]), 'klingon');
      expectRefusal(await client.speak({ language: 'klingon' }), 'klingon');
      const refused = await ListenClient.refusal(platform.gateway.url, { language: 'klingon' });
      expect(refused).toMatchObject({ status: 400, error: { message: expect.stringContaining('klingon') } });
      const stream = new PublicSpeechClient(platform.gateway.grpcAddress).openStream();
      const end = await stream.configure({ recognition: { audio: PCM, language: 'klingon' } }).ended;
      expect(end).toMatchObject({ code: 'request.invalid', details: expect.stringContaining('klingon') });
    });

    it('a translation says that it is one', async () => {
      const answer = await client.upload('/v1/audio/translations', [['response_format', 'verbose_json']]);
      expect(JSON.parse(answer.text)).toMatchObject({ task: 'translate', language: 'english' });
    });
  });

  it('a recording that claims 1 Hz is refused by its rate, at once', async () => {
    const begun = performance.now();
    for (const path of UPLOADS) {
      const file = Buffer.concat([wavHeader(1, 1, 32_000), Buffer.alloc(32_000)]);
      const { error } = await client.upload(path, [], file);
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
    const listener = await ListenClient.open(platform.gateway.url, query);
    await listener.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), Buffer.alloc(40_000)]), 8);
    listener.control('CloseStream');
    const begun = performance.now();
    await listener.closed;
    expect(listener.of('TurnReplied')).toHaveLength(1);
    expect(performance.now() - begun).toBeLessThan(30_000);
    for (const after of ['0x10', '1e3', '-1', '', ' 1', '1.5']) {
      const answer = await client.send(
        `/api/v1/voice/sessions/${session}/turns?after=${encodeURIComponent(after)}`,
      );
      expectRefusal(answer, 'after');
      const refused = await ListenClient.refusal(platform.gateway.url, { ...query, after });
      expect(refused).toMatchObject({ status: 400, error: { message: expect.stringContaining('after') } });
    }
  });

  it('has security headers on every answer, and the page of the documentation works with them', async () => {
    const { opsUrl } = platform.gateway.process;
    const answers = [
      ...['/healthz', '/v1/models', '/v1/nothing'].map((path) => [path, () => client.send(path)] as const),
      ...['/api/docs', '/api/docs-json'].map((path) => [path, () => fetch(opsUrl + path)] as const),
    ];
    for (const [path, answer] of answers) {
      const { headers } = await answer();
      expect([path, headers.get('x-content-type-options'), headers.get('x-frame-options')]).toEqual([
        ...[path, 'nosniff', 'DENY'],
      ]);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
    const stranger = await fetch(`${platform.gateway.url}/v1/models`);
    for (const headers of [stranger.headers, (await client.send('/v1/models')).headers])
      expect(headers.get('cache-control')).toBe('no-store');
    const page = await fetch(`${opsUrl}/api/docs`);
    const html = await page.text();
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    // Scripts in the page itself would not run; the ones beside it are there.
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
    const assets = [...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css|png))"/g)].map(([, path]) => path!);
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      const { href } = new URL(asset, `${opsUrl}/api/docs`);
      expect([href, (await fetch(href)).status]).toEqual([href, 200]);
    }
  });
});
