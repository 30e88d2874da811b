import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { metricsRegistry } from '@parlance/telemetry';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { AudioEncoder } from '../encoding/audio-encoder.js';
import { OUTPUT_RATE_HZ } from '../encoding/encodings.js';
import { silence } from '../engines/neural-voice.js';
import { SpeechSynthesizer, type EngineAudio, type SpeechManner } from '../engines/speech-synthesizer.js';
import type { KeptSpeech, SpeechCache } from './speech-cache.service.js';
import { SpeechInTheMaking } from './speech-in-the-making.js';
import { SpeechMaker } from './speech-maker.service.js';
import { speechOrder } from './speech-order.js';

const WORDS = [{ text: 'Hello', startMs: 0, endMs: 100 }];
type Conduct = 'speaks' | 'is down' | 'is broken' | 'hangs' | 'stops' | 'has no words';

class FakeEngine extends SpeechSynthesizer {
  asked = 0;
  constructor(
    override readonly engine: string,
    private readonly conduct: Conduct,
  ) {
    super();
  }
  override async init(): Promise<void> {}
  override voices() {
    return [{ name: `${this.engine}-voice`, language: 'en-US', licence: 'CC0-1.0' }];
  }
  override speak(_text: string, _voice: string, { signal }: SpeechManner): EngineAudio {
    this.asked += 1;
    const words = () =>
      this.conduct === 'has no words' ? Promise.reject(new Error('none')) : Promise.resolve(WORDS);
    return { sampleRateHz: OUTPUT_RATE_HZ, speed: 1, chunks: this.chunks(signal), words };
  }
  private async *chunks(signal: AbortSignal): AsyncGenerator<Buffer> {
    if (this.conduct === 'is down') throw new AppError('upstream.unavailable', 'Not just now.');
    if (this.conduct === 'is broken') throw new AppError('request.invalid', 'Never.');
    if (this.conduct === 'hangs')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    yield silence(0.1, OUTPUT_RATE_HZ);
    if (this.conduct === 'stops') throw new AppError('upstream.unavailable', 'In the middle.');
  }
}

/** Keeps in memory. */
class FakeCache {
  readonly kept = new Map<string, KeptSpeech>();
  keyOf(_order: unknown, engine: string): string {
    return engine;
  }
  find(key: string): Promise<KeptSpeech | undefined> {
    return Promise.resolve(this.kept.get(key));
  }
  read(): Promise<AsyncIterable<Buffer>> {
    return Promise.resolve(
      (async function* () {
        yield Buffer.from('kept');
      })(),
    );
  }
  store(key: string, _order: unknown, audio: Buffer) {
    return Promise.resolve({ key, contentType: 'audio/pcm', bytes: audio.length });
  }
  keep(key: string, _order: unknown, kept: KeptSpeech): Promise<KeptSpeech> {
    this.kept.set(key, kept);
    return Promise.resolve(kept);
  }
}

describe('speech by a chain of engines', () => {
  const order = speechOrder({ text: 'Hello.', voice: '', encoding: 'SPEECH_ENCODING_PCM_S16LE', speed: 1 });

  async function made(conducts: readonly Conduct[], cache = new FakeCache()) {
    const engines = conducts.map((conduct, index) => new FakeEngine(`engine-${index}`, conduct));
    const choices = engines.map((synthesizer) => ({ synthesizer, voice: synthesizer.voices()[0]! }));
    const speech = { concurrency: 2, silenceLimitMs: 400, engineLimitMs: 50, replyEncoding: 'MP3' as const };
    const encoder = new AudioEncoder({ programs: { espeak: '', ffmpeg: '' } });
    const maker = new SpeechMaker(encoder, cache as unknown as SpeechCache, { speech }, silentLogger);
    const making = new SpeechInTheMaking();
    const leave = making.listen(new AbortController().signal);
    const outcome = await maker.make(making, order, choices).then(
      () => making.result,
      (error: unknown) => error,
    );
    leave();
    return { outcome, making, engines, cache };
  }

  it('is that of the first engine where it is well, with its words', async () => {
    const { outcome, making, engines } = await made(['speaks', 'speaks']);
    expect(outcome).toMatchObject({ engine: 'engine-0', durationMs: 100, words: WORDS });
    expect(outcome).not.toHaveProperty('degraded');
    expect(await making.words).toEqual(WORDS);
    expect(engines[1]!.asked).toBe(0);
  });

  it.each(['is down', 'hangs'] as const)(
    'is that of the next engine where one %s, and says so',
    async (conduct) => {
      const { outcome, making } = await made([conduct, 'is down', 'speaks']);
      const degraded = { stage: 'speech', from: 'engine-0', to: 'engine-2' };
      expect(outcome).toMatchObject({ engine: 'engine-2', degraded });
      expect(await making.speaker).toMatchObject({ engine: 'engine-2', degraded });
      const metric = await metricsRegistry.getSingleMetricAsString('parlance_fallbacks_total');
      expect(metric).toMatch(/\{stage="speech",from="engine-0",to="engine-1"\} [1-9]/);
      expect(metric).toMatch(/\{stage="speech",from="engine-1",to="engine-2"\} [1-9]/);
    },
  );

  it('ends with the fault of the last engine', async () => {
    expect((await made(['is down', 'is down'])).outcome).toMatchObject({ code: 'upstream.unavailable' });
    expect((await made(['hangs', 'hangs'])).outcome).toMatchObject({ code: 'request.deadline_exceeded' });
  });

  it('is not tried with another engine where the fault is not the first one’s, or has begun to be heard', async () => {
    for (const conduct of ['is broken', 'stops'] as const) {
      const { outcome, engines } = await made([conduct, 'speaks']);
      expect(outcome).toBeInstanceOf(AppError);
      expect(engines[1]!.asked).toBe(0);
    }
  });

  it('is found in the cache where the fallback has said it before', async () => {
    const { cache } = await made(['is down', 'speaks']);
    const { outcome, making, engines } = await made(['is down', 'speaks'], cache);
    expect(engines[1]!.asked).toBe(0);
    expect(Buffer.concat(making.parts).toString()).toBe('kept');
    expect(outcome).toMatchObject({ engine: 'engine-1', words: WORDS, degraded: { to: 'engine-1' } });
  });

  it('is whole without the times of its words', async () => {
    expect((await made(['has no words'])).outcome).toMatchObject({ engine: 'engine-0', words: [] });
  });
});
