import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SynthesizeRequest } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeRequest';
import type { SynthesizeResponse__Output } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeResponse';
import { probeAudio } from '../support/audio-probe.js';
import { MODEL_ENVIRONMENT } from '../support/models.js';
import { TtsPlatform, type TtsProcess } from '../support/tts-platform.js';

describe('the neural voices', () => {
  let platform: TtsPlatform;
  let tts: TtsProcess;
  beforeAll(async () => {
    platform = await TtsPlatform.start();
    // Kokoro is loaded for its first text, beside another suite: not until espeak-ng takes its place.
    tts = await platform.startService({ ...MODEL_ENVIRONMENT, PARLANCE_TTS_ENGINE_LIMIT_MS: '30000' });
  }, 90_000);
  afterAll(async () => {
    await tts?.end('SIGTERM');
    await platform?.stop();
  });

  /** Samples a second 24,000, two bytes each. */
  const secondsOf = (audio: Buffer): number => audio.length / 48_000;

  it.each([
    ['SPEECH_ENCODING_MP3', 'mp3'],
    ['SPEECH_ENCODING_OGG_OPUS', 'opus'],
    ['SPEECH_ENCODING_WAV', 'pcm_s16le'],
    ['SPEECH_ENCODING_FLAC', 'flac'],
  ] as const)('speak by Piper where nothing is asked for, in %s', async (encoding, codec) => {
    const { format, audio } = await tts.synthesize({ text: 'Good morning to all of you.', encoding });
    expect(format).toMatchObject({ engine: 'local:piper', voice: 'joe', sampleRateHz: 24_000 });
    const found = probeAudio(audio);
    expect(found.codec).toBe(codec);
    expect(found.seconds).toBeGreaterThan(1);
    expect(found.seconds).toBeLessThan(4);
  });

  it('speak faster and slower by the speed asked for, also beyond what the model can', async () => {
    const text = 'How long does it take to say this sentence?';
    const [slow, usual, fast] = await Promise.all(
      [0.25, 1, 3].map(async (speed) =>
        secondsOf((await tts.synthesize({ text, encoding: 'SPEECH_ENCODING_PCM_S16LE', speed })).audio),
      ),
    );
    expect(slow! / usual!).toBeGreaterThan(3);
    expect(slow! / usual!).toBeLessThan(5);
    // Each sound takes at least a frame.
    expect(usual! / fast!).toBeGreaterThan(1.9);
    expect(usual! / fast!).toBeLessThan(3.8);
  });

  it('are heard long before a long text without a full stop is spoken', async () => {
    const text = 'and so it goes on with one more word and the next ones '.repeat(18).trim();
    const begun = performance.now();
    const { firstAt, endAt, audio } = await timed({ text, encoding: 'SPEECH_ENCODING_PCM_S16LE' });
    expect(firstAt - begun).toBeLessThan((endAt - begun) / 3);
    expect(secondsOf(audio)).toBeGreaterThan(40);
  }, 60_000);

  it('answer to names of OpenAI and of Polly, each with a voice of its own', async () => {
    const names = ['alloy', 'nova', 'Matthew'];
    const spoken: string[] = [];
    for (const voice of names) {
      const { format, audio } = await tts.synthesize({
        text: 'Hello there.',
        voice,
        encoding: 'SPEECH_ENCODING_PCM_S16LE',
      });
      expect(secondsOf(audio)).toBeGreaterThan(0.5);
      spoken.push(`${format.engine} ${format.voice}`);
    }
    expect(spoken).toEqual(['local:piper joe', 'local:kokoro af_nova', 'local:kokoro am_adam']);
  }, 60_000);

  it('follow the language of the text: Kokoro where it speaks it, else espeak-ng', async () => {
    const spanish = { text: 'Buenos días.', language: 'es', encoding: 'SPEECH_ENCODING_PCM_S16LE' } as const;
    expect((await tts.synthesize(spanish)).format).toMatchObject({
      engine: 'local:kokoro',
      voice: 'ef_dora',
    });
    const german = { text: 'Guten Tag.', language: 'de-DE', encoding: 'SPEECH_ENCODING_PCM_S16LE' } as const;
    expect((await tts.synthesize(german)).format).toMatchObject({ engine: 'local:espeak-ng', voice: 'de' });
  }, 60_000);

  it('are all listed: Piper, 54 of Kokoro, and every language of espeak-ng', async () => {
    const { voices, defaultVoice } = await tts.voices();
    expect(defaultVoice).toBe('joe');
    const of = (engine: string) => voices.filter((voice) => voice.engine === engine);
    expect(of('local:piper')).toMatchObject([
      { name: 'joe', language: 'en-US', licence: 'CC0-1.0', aliases: ['alloy'] },
    ]);
    expect(of('local:kokoro')).toHaveLength(54);
    expect(of('local:kokoro')[0]).toMatchObject({
      name: 'af_heart',
      gender: 'female',
      licence: 'Apache-2.0',
    });
    expect(of('local:espeak-ng').length).toBeGreaterThan(90);
  });

  describe('where one asks for much at once', () => {
    it('refuses what may not wait, and speaks the rest', async () => {
      const busy = await platform.startService({
        ...MODEL_ENVIRONMENT,
        PARLANCE_TTS_CONCURRENCY: '1',
      });
      const answers = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) =>
          busy.synthesize({ text: `Sentence number ${index}.`, encoding: 'SPEECH_ENCODING_PCM_S16LE' }),
        ),
      );
      const spoken = answers.filter(({ status }) => status === 'fulfilled');
      expect(spoken.length).toBe(9);
      expect(await busy.end('SIGTERM')).toBe(0);
    }, 90_000);
  });

  async function timed(request: SynthesizeRequest) {
    const call = (await tts.client()).Synthesize(request);
    const parts: Buffer[] = [];
    let firstAt = Infinity;
    for await (const { audio } of call as AsyncIterable<SynthesizeResponse__Output>) {
      if (!audio) continue;
      firstAt = Math.min(firstAt, performance.now());
      parts.push(audio);
    }
    return { firstAt, endAt: performance.now(), audio: Buffer.concat(parts) };
  }
});
