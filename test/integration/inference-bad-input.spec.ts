import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import type { AudioFormat, StreamingConfig } from '@parlance/contracts';
import { ask, InferenceProcess, type StreamEnd } from '../support/inference-process.js';
import { noisePcm, READ_SPEECH, speechAs, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const PCM: AudioFormat = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 };
const WAV: AudioFormat = { encoding: 'AUDIO_ENCODING_WAV' };
const live = (audio: AudioFormat, rest: StreamingConfig = {}): StreamingConfig => ({
  recognition: { audio },
  mode: 'STREAMING_MODE_LIVE',
  ...rest,
});

describe('inference, bad input', () => {
  let inference: InferenceProcess;
  beforeAll(async () => {
    inference = await InferenceProcess.start({
      PARLANCE_MAX_LIVE_STREAMS: '2',
      PARLANCE_MAX_RECORDING_SECONDS: '60',
      PARLANCE_STREAM_IDLE_MS: '1500',
    });
  }, 120_000);
  afterAll(() => inference.stop());

  /** No stack, no path, no vendor's text. */
  function expectClean(end: StreamEnd): void {
    expect(end.details).toMatch(/^[A-Z][^\n]*\.$/);
    expect(end.details).not.toMatch(/node_modules|\.js\b|onnx|\bat \S+:\d/i);
  }

  it.each([
    ['no configuration', [{ audio: Buffer.alloc(320) }], status.INVALID_ARGUMENT, 'stream.config_missing'],
    ['nothing at all', [], status.INVALID_ARGUMENT, 'stream.config_missing'],
    [
      'the configuration twice',
      [{ config: live(PCM) }, { config: live(PCM) }],
      status.INVALID_ARGUMENT,
      'stream.config_repeated',
    ],
    [
      'an unknown model',
      [{ config: { ...live(PCM), recognition: { audio: PCM, model: 'gpt-5' } } }],
      status.NOT_FOUND,
      'model.not_found',
    ],
    [
      'a language the model does not know',
      [{ config: { ...live(PCM), recognition: { audio: PCM, language: 'fr' } } }],
      status.INVALID_ARGUMENT,
      'model.language_unsupported',
    ],
    ['no encoding', [{ config: live({}) }], status.INVALID_ARGUMENT, 'audio.unsupported_format'],
    [
      'a rate of 4 kHz',
      [{ config: live({ ...PCM, sampleRateHz: 4000 }) }],
      status.INVALID_ARGUMENT,
      'audio.unsupported_format',
    ],
    [
      'text for WAV',
      [{ config: live(WAV) }, { audio: Buffer.from('hello, this is a text file') }],
      status.INVALID_ARGUMENT,
      'audio.unsupported_format',
    ],
    ['an empty WAV file', [{ config: live(WAV) }], status.INVALID_ARGUMENT, 'audio.empty'],
    [
      'half a WAV header',
      [{ config: live(WAV) }, { audio: Buffer.from('RIFF\0\0\0\0WAVEfmt \x10\0\0\0') }],
      status.INVALID_ARGUMENT,
      'audio.corrupt',
    ],
    [
      'samples that are not numbers',
      [
        { config: live({ ...PCM, encoding: 'AUDIO_ENCODING_PCM_F32LE' }) },
        { audio: Buffer.from(Float32Array.of(NaN).buffer) },
      ],
      status.INVALID_ARGUMENT,
      'audio.corrupt',
    ],
    [
      'noise for Opus',
      [{ config: live({ encoding: 'AUDIO_ENCODING_OPUS' }) }, { audio: Buffer.alloc(60, 0xff) }],
      status.INVALID_ARGUMENT,
      'audio.corrupt',
    ],
    [
      'an empty recording',
      [{ config: { ...live(PCM), mode: 'STREAMING_MODE_RECORDING' } }],
      status.INVALID_ARGUMENT,
      'audio.empty',
    ],
  ] as const)('refuses a stream with %s', async (_, messages, expected, code) => {
    const stream = inference.openStream();
    for (const message of messages) stream.write(message as Parameters<typeof stream.write>[0]);
    const end = await stream.end();
    expect([end.status, end.code]).toEqual([expected, code]);
    expectClean(end);
  });

  it('sends the final of what was heard before a fault', async () => {
    const stream = inference.openStream().configure(live({ ...PCM, encoding: 'AUDIO_ENCODING_PCM_F32LE' }));
    await stream.send(speechAs(READ_SPEECH.letter, '-ar 16000 -ac 1 -f f32le'));
    stream.write({ audio: Buffer.from(Float32Array.of(NaN).buffer) });
    expect(await stream.ended).toMatchObject({ code: 'audio.corrupt' });
    expect(wordsOf(stream.text)).toContain('importance');
  }, 60_000);

  it.each([
    ['a 0-byte file', WAV, () => Buffer.alloc(0), 'audio.empty'],
    ['a text file named .wav', WAV, () => Buffer.from('not audio'.repeat(50)), 'audio.unsupported_format'],
    [
      'a WAV file cut in its header',
      WAV,
      () => speechAs(READ_SPEECH.letter, '-f wav').subarray(0, 20),
      'audio.corrupt',
    ],
    ['a recording beyond the limit', PCM, () => Buffer.alloc(61 * 32_000), 'audio.too_long'],
    [
      'Opus in one message',
      { encoding: 'AUDIO_ENCODING_OPUS' },
      () => Buffer.alloc(100),
      'audio.unsupported_format',
    ],
  ] satisfies [string, AudioFormat, () => Buffer, string][])('refuses %s', async (_, audio, bytes, code) => {
    const answer = ask(inference.speech.recognize.bind(inference.speech), {
      config: { audio },
      audio: bytes(),
    });
    await expect(answer).rejects.toMatchObject({ code });
  });

  it('refuses a recording beyond the limit while it still arrives', async () => {
    const stream = inference.openStream().configure({ ...live(PCM), mode: 'STREAMING_MODE_RECORDING' });
    stream.call.on('error', () => undefined);
    for (let second = 0; second < 62; second++) stream.write({ audio: Buffer.alloc(32_000) });
    expect(await stream.ended).toMatchObject({ status: status.OUT_OF_RANGE, code: 'audio.too_long' });
  }, 60_000);

  it('takes a WAV file cut within its samples as far as it goes', async () => {
    const file = speechAs(READ_SPEECH.letter, '-ar 16000 -ac 1 -f wav');
    const answer = await ask(inference.speech.recognize.bind(inference.speech), {
      config: { audio: WAV },
      audio: file.subarray(0, Math.floor(file.length / 2) + 1),
    });
    expect(wordsOf(answer.text)).toContain('first');
    expect(wordsOf(answer.text)).not.toContain('form');
  }, 60_000);

  it.each([
    ['silence', () => Buffer.alloc(5 * 32_000)],
    ['faint noise', () => noisePcm(5, 0.005)],
    ['loud noise', () => noisePcm(5, 0.5)],
    [
      'a tone',
      () =>
        execFileSync('ffmpeg', [
          '-v',
          'error',
          '-f',
          'lavfi',
          '-i',
          'sine=440:duration=5:sample_rate=16000',
          '-f',
          's16le',
          '-',
        ]),
    ],
  ])(
    'invents no words for %s',
    async (_, audio) => {
      const answer = await ask(inference.speech.assess.bind(inference.speech), {
        config: { audio: PCM },
        audio: audio(),
      });
      expect(answer.recognition).toMatchObject({ text: '', segments: [], audioMs: 5000 });
      expect(answer.scores?.overall).toBe(0);
      for (const mode of ['STREAMING_MODE_LIVE', 'STREAMING_MODE_RECORDING'] as const) {
        const stream = inference.openStream().configure({ ...live(PCM), mode, interimResults: true });
        await stream.send(audio(), 6400);
        expect((await stream.end()).status).toBe(0);
        expect([stream.text, stream.interims]).toEqual(['', []]);
      }
    },
    60_000,
  );

  it('ends a stream on which nothing comes', async () => {
    const stream = inference.openStream().configure(live(PCM));
    expect(await stream.ended).toMatchObject({ status: status.ABORTED, code: 'stream.idle_timeout' });
  });

  it('refuses more live streams than it can keep in real time, with a hint', async () => {
    const streams = [1, 2].map(() => inference.openStream().configure(live(PCM)));
    await until(() => streams.every((stream) => stream.events.length > 0));
    const refused = await inference.openStream().configure(live(PCM)).ended;
    expect(refused).toMatchObject({ status: status.RESOURCE_EXHAUSTED, code: 'inference.overloaded' });
    expect(Number(refused.metadata.get('retry-after')[0])).toBeGreaterThan(0);
    for (const stream of streams) expect((await stream.end()).status).toBe(0);
  });

  it('frees everything when the client vanishes in mid-stream', async () => {
    const stream = inference.openStream().configure(live(PCM, { interimResults: true }));
    await stream.send(speechPcm(READ_SPEECH.letter).subarray(0, 96_000));
    await until(() => stream.events.some((event) => event.endpoint));
    expect(await inference.metric('parlance_inference_active_streams{kind="live"}')).toBe(1);
    stream.call.cancel();
    await until(async () => (await inference.metric('parlance_inference_active_streams{kind="live"}')) === 0);
    const next = inference.openStream().configure(live(PCM));
    await next.send(speechPcm(READ_SPEECH.letter));
    expect((await next.end()).status).toBe(0);
    expect(wordsOf(next.text)).toContain('letter');
  }, 60_000);

  it('holds a flood of frames back instead of keeping it', async () => {
    const before = await inference.metric('process_resident_memory_bytes');
    const stream = inference.openStream().configure(live(PCM));
    const speech = Buffer.concat([speechPcm(READ_SPEECH.gothic), Buffer.alloc(32_000)]);
    const minutes = Buffer.concat(Array.from({ length: 10 }, () => speech));
    const chunk = Buffer.alloc(64_000);
    let sent = 0;
    let peak = before;
    const deadline = Date.now() + 4000;
    while (Date.now() < deadline && sent < 40 * 1024 ** 2) {
      const audio = sent < minutes.length ? minutes.subarray(sent, sent + chunk.length) : chunk;
      const isTaken = stream.call.write({ audio });
      sent += audio.length;
      if (!isTaken)
        await Promise.race([
          new Promise((resolve) => stream.call.once('drain', resolve)),
          new Promise((resolve) => setTimeout(resolve, 200)),
        ]);
      if (sent % (50 * chunk.length) === 0)
        peak = Math.max(peak, await inference.metric('process_resident_memory_bytes'));
    }
    peak = Math.max(peak, await inference.metric('process_resident_memory_bytes'));
    expect((peak - before) / 1024 ** 2).toBeLessThan(96);
    stream.call.cancel();
    await until(async () => (await inference.metric('parlance_inference_active_streams{kind="live"}')) === 0);
  }, 60_000);
});
