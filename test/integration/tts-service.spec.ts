import { status, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromGrpcError } from '@parlance/errors';
import type { SynthesizeResponse__Output } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeResponse';
import type { SynthesizeRequest } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeRequest';
import { probeAudio } from '../support/audio-probe.js';
import { commandLines } from '../support/command-lines.js';
import { PollyServer } from '../support/polly.js';
import { TtsPlatform, type TtsProcess } from '../support/tts-platform.js';
import { aSentence, aTurn } from '../support/turn-factory.js';
import { until } from '../support/until.js';

const DRAIN_MS = 1_000;
/** To close connections, and for a busy machine. */
const LEAVE_MS = 4_000;

const withPolly = ({ endpoint }: PollyServer) => ({
  AWS_ACCESS_KEY_ID: PollyServer.accessKeyId,
  AWS_SECRET_ACCESS_KEY: PollyServer.secretAccessKey,
  PARLANCE_POLLY_ENDPOINT: endpoint,
});

describe('the speech service', () => {
  let platform: TtsPlatform;

  beforeAll(async () => {
    platform = await TtsPlatform.start();
  }, 60_000);
  afterAll(() => platform.stop());

  describe('without models, by espeak-ng', () => {
    let tts: TtsProcess;
    beforeAll(async () => {
      tts = await platform.startService();
    }, 60_000);
    afterAll(() => tts?.end('SIGTERM'));

    it.each([
      ['SPEECH_ENCODING_MP3', 'audio/mpeg', 'mp3', 'mp3'],
      ['SPEECH_ENCODING_OGG_OPUS', 'audio/ogg; codecs=opus', 'ogg', 'opus'],
      ['SPEECH_ENCODING_WAV', 'audio/wav', 'wav', 'pcm_s16le'],
      ['SPEECH_ENCODING_AAC', 'audio/aac', 'aac', 'aac'],
      ['SPEECH_ENCODING_FLAC', 'audio/flac', 'flac', 'flac'],
    ] as const)('speaks %s, and says what it is', async (encoding, contentType, container, codec) => {
      const { format, audio } = await tts.synthesize({ text: 'Good morning to all of you.', encoding });
      expect(format).toMatchObject({ encoding, contentType, engine: 'local:espeak-ng', voice: 'en-us' });
      const found = probeAudio(audio);
      expect(found).toMatchObject({ format: container, codec });
      expect(found.seconds).toBeGreaterThan(1);
      expect(found.seconds).toBeLessThan(4);
    });

    it('speaks raw PCM, faster and slower by the speed asked for', async () => {
      const bytes = async (speed: number): Promise<number> => {
        const text = 'How long does it take to say this?';
        const { format, audio } = await tts.synthesize({
          text,
          encoding: 'SPEECH_ENCODING_PCM_S16LE',
          speed,
        });
        expect(format.sampleRateHz).toBe(24_000);
        return audio.length;
      };
      const [slow, usual, fast] = [await bytes(0.25), await bytes(1), await bytes(2)];
      expect(slow / usual).toBeCloseTo(4, 0);
      expect(usual / fast).toBeCloseTo(2, 0);
    });

    it.each(['MP3', 'OGG_OPUS', 'AAC', 'FLAC', 'PCM_S16LE'] as const)(
      'sends %s as it is made, its first part long before the last',
      async (name) => {
        const text = 'This goes on for quite a while, and then some more. '.repeat(15);
        const call = (await tts.client()).Synthesize({ text, encoding: `SPEECH_ENCODING_${name}` });
        const parts: { at: number; bytes: number }[] = [];
        for await (const { audio } of call as AsyncIterable<SynthesizeResponse__Output>)
          if (audio) parts.push({ at: performance.now(), bytes: audio.length });
        const sum = parts.reduce((all, { bytes }) => all + bytes, 0);
        expect(parts[0]!.bytes).toBeLessThan(sum / 3);
        expect(parts.length).toBeGreaterThan(3);
      },
    );

    it('writes the true length into a WAV header', async () => {
      const { audio } = await tts.synthesize({ text: 'How long am I?', encoding: 'SPEECH_ENCODING_WAV' });
      expect(audio.readUInt32LE(40)).toBe(audio.length - 44);
    });

    it('lists its voices with the names they answer to', async () => {
      const { voices: list, defaultVoice } = await tts.voices();
      expect(list.map(({ name }) => name)).toEqual(expect.arrayContaining(['en-us', 'en-gb', 'de', 'fr-fr']));
      expect(defaultVoice).toBe('en-us');
      expect(list.find(({ name }) => name === 'en-us')).toMatchObject({
        engine: 'local:espeak-ng',
        language: 'en-US',
        licence: 'GPL-3.0-or-later',
        aliases: expect.arrayContaining(['alloy', 'nova', 'joanna']),
      });
    });

    it('says once that the configured voice is not installed', () => {
      expect(tts.service.log.filter(({ wanted }) => wanted === 'joe')).toHaveLength(1);
    });

    it.each([
      ['de', 'de'],
      ['ru', 'ru'],
      ['es-MX', 'es'],
      ['', 'en-us'],
    ])('speaks text in "%s" by a voice of that language', async (language, voice) => {
      const { format } = await tts.synthesize({
        text: 'Radio 24',
        language,
        encoding: 'SPEECH_ENCODING_PCM_S16LE',
      });
      expect(format.voice).toBe(voice);
    });

    it.each([
      ['a voice it has not', { text: 'Hello.', voice: 'nobody' }, 'voice.not_found', status.NOT_FOUND],
      [
        'a property of objects',
        { text: 'Hello.', voice: 'constructor' },
        'voice.not_found',
        status.NOT_FOUND,
      ],
      ['letters it cannot speak', { text: '你好' }, 'speech.unsupported_script', status.INVALID_ARGUMENT],
      ['pictures', { text: '👍' }, 'speech.unsupported_script', status.INVALID_ARGUMENT],
      ['control characters', { text: '\u0001\u0007\u001b' }, 'request.invalid', status.INVALID_ARGUMENT],
      [
        '5,000 words without a stop',
        { text: 'word '.repeat(5_000) },
        'speech.text_too_long',
        status.INVALID_ARGUMENT,
      ],
      ['no number for a speed', { text: 'Hello.', speed: NaN }, 'request.invalid', status.INVALID_ARGUMENT],
      [
        'an encoding it has not',
        { text: 'Hello.', encoding: 77 as never },
        'request.invalid',
        status.INVALID_ARGUMENT,
      ],
      [
        'a name without end',
        { text: 'Hello.', voice: 'v'.repeat(1_000_000) },
        'voice.not_found',
        status.NOT_FOUND,
      ],
      ['marks alone', { text: '?!…' }, 'request.invalid', status.INVALID_ARGUMENT],
      ['SSML', { text: '<speak>Hi</speak>' }, 'speech.ssml_unsupported', status.INVALID_ARGUMENT],
      ['no language', { text: 'Hello.', language: '!' }, 'request.invalid', status.INVALID_ARGUMENT],
      ['a text too long', { text: 'a'.repeat(4_097) }, 'speech.text_too_long', status.INVALID_ARGUMENT],
      ['no text', { text: '  ' }, 'request.invalid', status.INVALID_ARGUMENT],
      ['a speed out of bounds', { text: 'Hello.', speed: 9 }, 'request.invalid', status.INVALID_ARGUMENT],
    ])('refuses %s by its code', async (_name, request, code, grpc) => {
      const error = (await tts.synthesize(request).catch((fault: ServiceError) => fault)) as ServiceError;
      expect(error.code).toBe(grpc);
      expect(fromGrpcError(error).code).toBe(code);
      expect(error.details.length).toBeLessThan(500);
    });

    it('shows no word of the text in the process list, and takes no commands from it', async () => {
      const secret = 'swordfish '.repeat(300);
      const speaking = tts.synthesize({
        text: `[[${secret}]] \u0001 ${secret}`.slice(0, 4_000),
        encoding: 'SPEECH_ENCODING_FLAC',
      });
      const commands = await until(() => {
        const lines = commandLines();
        return lines.some((line) => line.includes('espeak-ng')) && lines;
      });
      expect(commands.some((line) => line.includes('swordfish') && line.includes('espeak'))).toBe(false);
      expect(probeAudio((await speaking).audio).seconds).toBeGreaterThan(60);
    }, 30_000);

    it('speaks the same once, also for several who ask at the same time', async () => {
      const before = await tts.metric('parlance_speech_requests_total{source="voice"}');
      const request: SynthesizeRequest = {
        text: 'Nobody has said this before today.',
        voice: 'en-gb',
        encoding: 'SPEECH_ENCODING_MP3',
      };
      const together = await Promise.all([1, 2, 3].map(() => tts.synthesize(request)));
      await until(async () => {
        const { audio } = await tts.synthesize(request);
        expect(together.every((speech) => speech.audio.equals(audio))).toBe(true);
        return (await tts.metric('parlance_speech_requests_total{source="store"}')) > 0;
      });
      expect((await tts.metric('parlance_speech_requests_total{source="voice"}')) - before).toBe(1);
    });

    it('speaks a text anew for another tenant: nobody can tell what others had spoken', async () => {
      const spoken = () => tts.metric('parlance_speech_requests_total{source="voice"}');
      const stored = () => tts.metric('parlance_speech_requests_total{source="store"}');
      const request: SynthesizeRequest = {
        text: 'The password is swordfish.',
        encoding: 'SPEECH_ENCODING_FLAC',
      };
      await tts.synthesize(request);
      // In the store, and not only just made.
      const before = await stored();
      await until(async () => {
        await tts.synthesize(request);
        return (await stored()) > before;
      });
      const [others, kept] = [await spoken(), await stored()];
      await tts.synthesize(request, 'globex');
      expect([await spoken(), await stored()]).toEqual([others + 1, kept]);
      // Together they share nothing either.
      const together: SynthesizeRequest = { text: 'Said by both at once.', encoding: 'SPEECH_ENCODING_FLAC' };
      await Promise.all([tts.synthesize(together), tts.synthesize(together, 'globex')]);
      expect(await spoken()).toBe(others + 3);
    });

    it('ends the voice when the client goes', async () => {
      const client = await tts.client();
      const call = client.Synthesize({
        text: 'This goes on and on. '.repeat(190),
        encoding: 'SPEECH_ENCODING_FLAC',
        speed: 0.25,
      });
      call.on('error', () => undefined);
      await new Promise((resolve) => call.once('data', resolve));
      call.cancel();
      await until(() => !commandLines().some((line) => line.includes('espeak-ng\u0000--stdin')));
      expect((await tts.synthesize({ text: 'Still here.' })).audio.length).toBeGreaterThan(500);
    });

    it('ends the speech it is in and leaves with 0 at SIGTERM', async () => {
      const speaking = tts.synthesize({
        text: 'A last word before I go. '.repeat(60),
        encoding: 'SPEECH_ENCODING_FLAC',
      });
      await until(() => commandLines().some((line) => line.includes('espeak-ng\u0000--stdin')));
      const code = await tts.end('SIGTERM');
      expect({ code, errors: tts.service.errors }).toEqual({ code: 0, errors: '' });
      expect(probeAudio((await speaking).audio).seconds).toBeGreaterThan(30);
    }, 30_000);
  });

  it('leaves with 0 at its limit: a call that outlasts it is told, a sentence is spoken by the next one', async () => {
    const polly = await PollyServer.start();
    polly.usual = 'hang';
    const leaving = await platform.startService({
      ...withPolly(polly),
      PARLANCE_TTS_ENGINE_LIMIT_MS: '30000',
      PARLANCE_DRAIN_MS: String(DRAIN_MS),
    });
    let next: TtsProcess | undefined;
    try {
      const turn = aTurn();
      await platform.turns.createTranscribed(turn);
      await platform.bus.publishWork('replySentence', aSentence({ identity: turn.identity }));
      const call = leaving.synthesize({ text: 'Nobody hears this.' }).catch((fault: unknown) => fault);
      await until(() => polly.requests.length >= 2);
      const begun = Date.now();
      expect(await leaving.end('SIGTERM')).toBe(0);
      expect(Date.now() - begun).toBeLessThan(DRAIN_MS + LEAVE_MS);
      expect(fromGrpcError(await call).code).toBe('service.draining');
      next = await platform.startService();
      expect((await platform.nextEvent(turn)).event).toMatchObject({
        name: 'speech.ready',
        data: { identity: turn.identity, engine: 'local:espeak-ng' },
      });
    } finally {
      await next?.end('SIGTERM');
      await polly.stop();
    }
  }, 60_000);

  it.each([
    ['PARLANCE_FFMPEG', /no-such-tool does not run; install it with: apt-get install ffmpeg/],
    ['PARLANCE_ESPEAK', /no-such-tool does not run; install it with: apt-get install espeak-ng/],
  ])(
    'does not start without its tools, and says how to get them (%s)',
    async (variable, message) => {
      await expect(platform.startService({ [variable]: 'no-such-tool' })).rejects.toThrow(message);
    },
    30_000,
  );

  describe('with Polly', () => {
    let polly: PollyServer;
    let tts: TtsProcess;
    beforeAll(async () => {
      polly = await PollyServer.start();
      tts = await platform.startService({
        ...withPolly(polly),
        PARLANCE_TTS_ENGINE_LIMIT_MS: '1500',
        // The twentieth call opens it: five that are well, and three for each fault but silence.
        PARLANCE_POLLY_BREAKER_MIN_CALLS: '20',
        PARLANCE_SPEECH_CACHE_BYTES: '60000',
        PARLANCE_SPEECH_CACHE_SWEEP_MS: '3000',
      });
    }, 60_000);
    afterAll(async () => {
      await tts?.end('SIGTERM');
      await polly.stop();
    });

    it('speaks with Polly, encoded as asked', async () => {
      const { format, audio } = await tts.synthesize({
        text: 'Twenty letters, yes.',
        voice: 'echo',
        encoding: 'SPEECH_ENCODING_FLAC',
      });
      expect(format).toMatchObject({ engine: 'polly', voice: 'Matthew' });
      expect(probeAudio(audio).seconds).toBeCloseTo(1, 0);
      expect((await tts.voices()).defaultVoice).toBe('Joanna');
    });

    it('passes MP3 of Polly on as it is, with its length and the times of its words', async () => {
      const { format, audio, words } = await tts.synthesize({ text: 'Hi Tom, you.' });
      expect(format).toMatchObject({ engine: 'polly', degradedFrom: '' });
      // As the server has encoded it: the service's own MP3 has 64 kbit/s.
      expect(probeAudio(audio)).toMatchObject({ format: 'mp3', codec: 'mp3' });
      expect((audio.length * 8) / 0.6 / 1_000).toBeLessThan(62);
      expect(words.map(({ text, startMs }) => [text, startMs])).toEqual([
        ['Hi', 0],
        ['Tom', 150],
        ['you', 400],
      ]);
    });

    it('tells the times of the words behind the audio, by speech marks, in the pace asked for', async () => {
      const request = { text: 'Hi Tom, you.', encoding: 'SPEECH_ENCODING_WAV' } as const;
      const { format, words } = await tts.synthesize(request);
      expect(format.degradedFrom).toBe('');
      expect(words.map(({ text, startMs }) => [text, startMs])).toEqual([
        ['Hi', 0],
        ['Tom', 150],
        ['you', 400],
      ]);
      const slow = await tts.synthesize({ ...request, speed: 0.5 });
      expect(slow.words.at(-1)).toMatchObject({ startMs: 800 });
      // Made before, or kept: the same.
      expect((await tts.synthesize(request)).words).toEqual(words);
    });

    it.each([
      ['does not answer', 'hang'],
      ['is down', { status: 503 }],
      ['takes no more', { status: 429 }],
      ['gives half an answer', 'cut'],
      ['gives nothing', 'nothing'],
    ] as const)(
      'speaks with the local voice, and says so, when Polly %s',
      async (fault, behaviour) => {
        polly.usual = behaviour;
        const text = `Polly ${fault}.`;
        const { format, audio, words } = await tts.synthesize({ text, voice: 'alloy' });
        expect(format).toMatchObject({
          engine: 'local:espeak-ng',
          voice: 'en-us',
          degradedFrom: 'polly',
        });
        expect(audio.length).toBeGreaterThan(500);
        expect(words[0]!.text).toBe('Polly');
        polly.usual = 'speak';
      },
      30_000,
    );

    it('counts what fell back, and leaves Polly alone once its breaker is open', async () => {
      const line = 'parlance_fallbacks_total{stage="speech",from="polly",to="local:espeak-ng"}';
      expect(await tts.metric(line)).toBe(5);
      polly.usual = { status: 503 };
      await tts.synthesize({ text: 'One failure too many.' });
      polly.usual = 'speak';
      const before = polly.requests.length;
      expect((await tts.synthesize({ text: 'Still open.' })).format.degradedFrom).toBe('polly');
      expect(polly.requests).toHaveLength(before);
    });

    it('removes kept speech that takes too much', async () => {
      await until(async () => (await tts.metric('parlance_speech_evicted_total')) >= 5);
    });
  });
});
