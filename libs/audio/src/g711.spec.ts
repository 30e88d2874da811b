import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { AudioDecoder } from './audio-decoder.js';
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

  it('becomes 16 kHz samples, cut anywhere', async () => {
    const decoder = await AudioDecoder.open({ encoding: 'mulaw', sampleRateHz: 8_000, channels: 1 });
    const lengths = [1, 799].map((bytes) => decoder.push(Buffer.alloc(bytes, 0xff)).length);
    const whole = lengths.reduce((sum, length) => sum + length, decoder.end().length);
    expect(whole).toBe(1_600);
  });
});
