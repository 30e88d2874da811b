import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { AudioDecoder } from './audio-decoder.js';
import { A_LAW, g711Codes, MU_LAW } from './g711.js';
import { floatToPcm, samplesToFloat } from './sample-format.js';

const EVERY_CODE = Buffer.from(Array.from({ length: 256 }, (_, code) => code));

/** What ffmpeg makes of the codes. */
function decodedByFfmpeg(format: 'mulaw' | 'alaw'): Buffer {
  const args = ['-v', 'error', '-f', format, '-ar', '8000', '-ac', '1', '-i', '-', '-f', 's16le', '-'];
  return execFileSync('ffmpeg', args, { input: EVERY_CODE });
}

describe('G.711', () => {
  it.each(['mulaw', 'alaw'] as const)('decodes each code of %s as ffmpeg does', (format) => {
    const samples = new Float32Array(256);
    samplesToFloat(EVERY_CODE, format, samples);
    expect(floatToPcm(samples).equals(decodedByFfmpeg(format))).toBe(true);
  });

  it.each([
    ['mulaw', MU_LAW],
    ['alaw', A_LAW],
  ] as const)('has the nearest code of every sample in %s', (format, law) => {
    const every = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    const samples = new Float32Array(every.length);
    samplesToFloat(g711Codes(every, law), format, samples);
    const furthest = every.reduce(
      (most, sample, index) => Math.max(most, Math.abs(sample / 32_768 - samples[index]!)),
      0,
    );
    // Half of the widest step, and what lies beyond the last one.
    expect(furthest).toBeLessThanOrEqual(644 / 32_768);
    // What is a code already stays what it sounds like.
    const own = Int16Array.from(law, (sample) => sample * 32_768);
    const again = new Float32Array(256);
    samplesToFloat(g711Codes(own, law), format, again);
    expect([...again]).toEqual([...law].map((sample) => sample + 0));
  });

  it('becomes 16 kHz samples, cut anywhere', async () => {
    const decoder = await AudioDecoder.open({ encoding: 'mulaw', sampleRateHz: 8_000, channels: 1 });
    const lengths = [1, 799].map((bytes) => decoder.push(Buffer.alloc(bytes, 0xff)).length);
    const whole = lengths.reduce((sum, length) => sum + length, decoder.end().length);
    expect(whole).toBe(1_600);
  });
});
