/** Sound and options at the edges of what is allowed, over the real service: recognized as documented, or refused with a code. */
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import type { AudioFormat, RecognitionConfig, RecognizeResponse__Output } from '@parlance/contracts';
import { ask, InferenceProcess } from '../support/inference-process.js';
import {
  noisePcm,
  READ_SPEECH,
  speechAs,
  speechFile,
  speechPcm,
  wordsOf,
} from '../support/speech-samples.js';

const PCM: AudioFormat = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 };
const BYTES_A_SECOND = 32_000;

// Machines that test are often busy.
jest.setTimeout(240_000);

describe('inference, input at the edges', () => {
  let inference: InferenceProcess;
  beforeAll(async () => {
    inference = await InferenceProcess.start({ PARLANCE_MAX_RECORDING_SECONDS: '1800' });
  });
  afterAll(() => inference.stop());

  function recognize(audio: Buffer, config: RecognitionConfig = {}): Promise<RecognizeResponse__Output> {
    const request = { config: { audio: PCM, ...config }, audio };
    return ask(inference.speech.recognize.bind(inference.speech), request);
  }

  /** Samples of a recording after a filter of ffmpeg's. */
  function filtered(filter: string): Buffer {
    const args = ['-v', 'error', '-i', speechFile(READ_SPEECH.letter), '-af', filter];
    return execFileSync('ffmpeg', [...args, '-ar', '16000', '-ac', '1', '-f', 's16le', '-']);
  }

  function made(source: string): Buffer {
    const args = ['-v', 'error', '-f', 'lavfi', '-i', source, '-ar', '16000', '-ac', '1', '-f', 's16le', '-'];
    return execFileSync('ffmpeg', args, { maxBuffer: 1 << 28 });
  }

  describe('sound', () => {
    it.each([8_000, 11_025, 44_100, 192_000])('at %i Hz is recognized', async (sampleRateHz) => {
      const audio = speechAs(READ_SPEECH.letter, `-ar ${sampleRateHz} -ac 1 -f s16le`);
      const { text } = await recognize(audio, { audio: { ...PCM, sampleRateHz } });
      expect(wordsOf(text)).toEqual(expect.arrayContaining(['first', 'importance']));
    });

    it.each([NaN, Infinity, -Infinity])('with a sample of %d is refused', async (sample) => {
      const samples = new Float32Array(16_000).fill(0.01);
      samples[8_000] = sample;
      const format: AudioFormat = { ...PCM, encoding: 'AUDIO_ENCODING_PCM_F32LE' };
      await expect(recognize(Buffer.from(samples.buffer), { audio: format })).rejects.toMatchObject({
        code: 'audio.corrupt',
      });
    });

    it.each([1, 10, 31])('of %i ms holds no words', async (ms) => {
      const { text, segments, audioMs } = await recognize(speechPcm(READ_SPEECH.letter).subarray(0, ms * 32));
      expect({ text, segments, audioMs }).toEqual({ text: '', segments: [], audioMs: ms });
    });

    it.each([30_000, 30_001])('of %i ms is recognized to its end', async (ms) => {
      const whole = Buffer.alloc((ms * BYTES_A_SECOND) / 1000);
      const speech = speechPcm(READ_SPEECH.letter);
      speech.copy(whole, whole.length - speech.length);
      speech.copy(whole);
      const { text, segments, audioMs } = await recognize(whole);
      expect(audioMs).toBe(ms);
      expect(wordsOf(text).filter((word) => word === 'importance')).toHaveLength(2);
      for (const { startMs, endMs } of segments) {
        expect(startMs).toBeLessThan(endMs);
        expect(endMs).toBeLessThanOrEqual(ms + 20);
      }
    });

    it.each([
      ['a strong offset', 'volume=0.5,dcshift=0.4'],
      ['clipping at full scale', 'volume=30dB'],
      ['a whisper of level', 'volume=-40dB'],
    ])('with %s is recognized', async (_, filter) => {
      const { text } = await recognize(filtered(filter));
      expect(wordsOf(text)).toEqual(expect.arrayContaining(['first', 'importance']));
    });

    it('is not invented in twenty minutes of silence, which take a tenth of that at most', async () => {
      const begun = Date.now();
      const stream = inference
        .openStream()
        .configure({ recognition: { audio: PCM }, mode: 'STREAMING_MODE_RECORDING' });
      await stream.send(Buffer.alloc(1200 * BYTES_A_SECOND), 1 << 20);
      expect((await stream.end()).status).toBe(status.OK);
      expect(stream.text).toBe('');
      expect(stream.events.at(-1)?.summary?.audioMs).toBe(1_200_000);
      expect(Date.now() - begun).toBeLessThan(120_000);
    });

    it.each([
      ['chords', 'aevalsrc=0.1*(sin(880*PI*t)+sin(1108*PI*t)+sin(1318*PI*t))*(1-mod(t\\,0.5)):d=20'],
      ['pink noise', 'anoisesrc=color=pink:amplitude=0.3:seed=7:d=20'],
      ['clicks', 'aevalsrc=if(lt(mod(t\\,0.7)\\,0.004)\\,0.9\\,0):d=20'],
    ])('of %s is not written out as speech', async (_, source) => {
      const { text } = await recognize(made(source));
      expect(wordsOf(text).length).toBeLessThanOrEqual(3);
    });

    it('of two people at once, or of a word over and over, ends with a text of bounded length', async () => {
      const both = speechPcm(READ_SPEECH.letter);
      const other = speechPcm(READ_SPEECH.gothic);
      for (let at = 0; at + 1 < Math.min(both.length, other.length); at += 2)
        both.writeInt16LE(Math.round((both.readInt16LE(at) + other.readInt16LE(at)) / 2), at);
      expect(wordsOf((await recognize(both)).text).length).toBeLessThan(40);
      const word = speechPcm(READ_SPEECH.letter).subarray(0, 0.6 * BYTES_A_SECOND);
      const loop = Buffer.concat(Array.from({ length: 12 }, () => word));
      const { text } = await recognize(loop, { decoding: { temperatures: [0, 0.2] } });
      expect(wordsOf(text).length).toBeLessThan(100);
    });
  });

  describe('options', () => {
    const speech = () => speechPcm(READ_SPEECH.letter);

    it('the prompt may be longer than the context, whose end counts', async () => {
      const end = 'They read the letter of the printer in Rome. '.repeat(40);
      const { text } = await recognize(speech(), { prompt: end });
      const longer = await recognize(speech(), { prompt: `${'Nothing like it. '.repeat(300)}${end}` });
      expect(longer.text).toBe(text);
      await expect(recognize(speech(), { prompt: 'x'.repeat(8_001) })).rejects.toMatchObject({
        code: 'request.invalid',
      });
    });

    it.each([
      ['xx', 'model.language_unsupported'],
      ['fr', 'model.language_unsupported'],
      ['French', 'model.language_unsupported'],
      ['klingon', 'request.invalid'],
    ])('the language %s is refused by an English-only model as %s', async (language, code) => {
      await expect(recognize(speech(), { language })).rejects.toMatchObject({ code });
    });

    it.each([
      ['beam_size', { beamSize: 1_000_000 }],
      ['best_of', { bestOf: 1_000_000 }],
      ['batch_size', { batchSize: 1_000_000 }],
      ['sample_len', { sampleLen: 0 }],
      ['suppress_tokens', { suppressTokens: 'drop table' }],
      ['clip_timestamps', { clipTimestamps: [3, 1] }],
      ['temperatures', { temperatures: [7] }],
    ])('%s beyond its limit is refused by name', async (name, decoding) => {
      await expect(recognize(speech(), { decoding })).rejects.toMatchObject({
        code: 'request.invalid',
        details: expect.stringContaining(name),
      });
    });

    it('a clip hears nothing else, and one behind the end nothing', async () => {
      const { text, segments } = await recognize(speech(), { decoding: { clipTimestamps: [0, 2] } });
      expect(wordsOf(text)).not.toContain('form');
      // Whisper's own times may pass a clip's end a little: 12.5 s becomes 13 in test/golden/transcription-options.json.
      for (const { endMs } of segments) expect(endMs).toBeLessThanOrEqual(2_500);
      const behind = await recognize(speech(), { decoding: { clipTimestamps: [100, 200] } });
      expect([behind.text, behind.segments]).toEqual(['', []]);
    });

    it('a batch hears all of a recording, in order, and the same as itself', async () => {
      const pause = Buffer.alloc(2 * BYTES_A_SECOND);
      const parts = [0, 1, 2].flatMap((i) => [
        speechPcm(i % 2 === 0 ? READ_SPEECH.letter : READ_SPEECH.gothic),
        pause,
        noisePcm(6, 0.001),
      ]);
      const config = { decoding: { batchSize: 4 }, wordTimestamps: true };
      const first = await recognize(Buffer.concat(parts), config);
      const recognized = wordsOf(first.text).filter((word) => ['importance', 'italy'].includes(word));
      expect(recognized).toEqual(['importance', 'italy', 'importance']);
      const words = first.segments.flatMap((segment) => segment.words);
      words.forEach((word, i) => expect(word.startMs).toBeGreaterThanOrEqual(words[i - 1]?.startMs ?? 0));
      expect((await recognize(Buffer.concat(parts), config)).text).toBe(first.text);
    });
  });
});
