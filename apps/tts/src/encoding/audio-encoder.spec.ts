import { execFileSync } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { EngineAudio } from '../engines/speech-synthesizer.js';
import { AudioEncoder } from './audio-encoder.js';
import { ENCODINGS, OUTPUT_RATE_HZ } from './encodings.js';

const signal = new AbortController().signal;
const { SPEECH_ENCODING_MP3: MP3, SPEECH_ENCODING_FLAC: FLAC } = ENCODINGS;

describe('MP3 that an engine has made', () => {
  let file: Buffer;
  /** One that cannot be run. */
  const withoutProgram = new AudioEncoder({ programs: { espeak: '', ffmpeg: '/nowhere/ffmpeg' } });

  beforeAll(() => {
    const source = `sine=frequency=300:sample_rate=${OUTPUT_RATE_HZ}:duration=1`;
    const output = ['-f', 'mp3', '-b:a', '48k', '-write_xing', '0', 'pipe:1'];
    file = execFileSync('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', source, ...output]);
  });

  function made(chunks: readonly Buffer[], speed = 1): EngineAudio {
    const each = (async function* () {
      yield* chunks;
    })();
    return { sampleRateHz: undefined, isMp3: true, speed, chunks: each, words: () => Promise.resolve([]) };
  }

  it('is passed on as it is where MP3 is asked for', async () => {
    const encoded = withoutProgram.encode(made([file, file]), MP3, signal);
    expect(await buffer(encoded.chunks)).toEqual(Buffer.concat([file, file]));
    expect(encoded.durationMs()).toBeGreaterThanOrEqual(2_000);
    expect(encoded.durationMs()).toBeLessThan(2_200);
    expect(encoded.delayMs).toBe(0);
  });

  it('is not passed on where it is none', async () => {
    const page = Buffer.from('<html><body>Service Unavailable</body></html>');
    await expect(buffer(withoutProgram.encode(made([page]), MP3, signal).chunks)).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
  });

  it.each([
    ['at another speed', MP3, 2],
    ['in another format', FLAC, 1],
  ])('is encoded anew %s', async (_, encoding, speed) => {
    await expect(
      buffer(withoutProgram.encode(made([file], speed), encoding, signal).chunks),
    ).rejects.toMatchObject({ code: 'upstream.unavailable' });
    const encoder = new AudioEncoder({ programs: { espeak: '', ffmpeg: 'ffmpeg' } });
    const encoded = encoder.encode(made([file], speed), encoding, signal);
    expect((await buffer(encoded.chunks)).length).toBeGreaterThan(500);
    expect(encoded.durationMs()).toBeGreaterThan(900 / speed);
    expect(encoded.durationMs()).toBeLessThan(1_200 / speed);
    encoder.onApplicationShutdown();
  });
});
