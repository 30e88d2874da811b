import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Resampler } from './resampler.js';
import { nearestFraction } from './resampling-filter.js';

const GOLDEN = new URL('../../../test/fixtures/audio/chirp-16000.s16le', import.meta.url);

function tone(rateHz: number, frequencyHz: number, seconds: number): Float32Array {
  return Float32Array.from(
    { length: Math.round(rateHz * seconds) },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * frequencyHz * i) / rateHz),
  );
}

function resample(samples: Float32Array, fromHz: number, chunk: number): Float32Array {
  const resampler = new Resampler(fromHz, 16000);
  const parts: number[] = [];
  for (let at = 0; at < samples.length; at += chunk)
    parts.push(...resampler.push(samples.subarray(at, at + chunk)));
  parts.push(...resampler.end());
  return Float32Array.from(parts);
}

/** dB of the reference over the difference, edges left out. */
function signalToErrorDb(actual: Float32Array, reference: Float32Array, margin: number): number {
  let signal = 0;
  let error = 0;
  for (let i = margin; i < reference.length - margin; i++) {
    signal += reference[i]! ** 2;
    error += (actual[i]! - reference[i]!) ** 2;
  }
  return 10 * Math.log10(signal / error);
}

describe('Resampler', () => {
  it.each([8000, 11025, 12000, 22050, 24000, 32000, 44100, 48000, 96000, 176400, 192000])(
    'turns a tone at %d Hz into the same tone at 16 kHz',
    (rate) => {
      const actual = resample(tone(rate, 1000, 0.32), rate, 997);
      expect(actual.length).toBe(5120);
      expect(signalToErrorDb(actual, tone(16000, 1000, 0.32), 200)).toBeGreaterThan(65);
    },
  );

  it('agrees with libsoxr (ffmpeg aresample=resampler=soxr:precision=28) on a 100–6000 Hz chirp', () => {
    const rate = 44100;
    const chirp = Float32Array.from({ length: 8820 }, (_, i) => {
      const t = i / rate;
      return 0.5 * Math.sin(2 * Math.PI * (100 * t + ((0.5 * 5900) / 0.2) * t * t));
    });
    const bytes = readFileSync(GOLDEN);
    const golden = Float32Array.from(
      { length: bytes.length / 2 },
      (_, i) => bytes.readInt16LE(2 * i) / 32768,
    );
    const actual = resample(chirp, rate, 441);
    expect(actual.length).toBe(golden.length);
    expect(signalToErrorDb(actual, golden, 100)).toBeGreaterThan(60);
  });

  it('removes what 16 kHz cannot hold', () => {
    const actual = resample(tone(48000, 11000, 0.2), 48000, 960);
    expect(Math.max(...actual.subarray(200, -200).map(Math.abs))).toBeLessThan(0.0005);
  });

  it('gives the same samples however the input is cut', () => {
    const input = tone(44100, 440, 0.1);
    const whole = resample(input, 44100, input.length);
    for (const chunk of [1, 13, 882]) expect(resample(input, 44100, chunk)).toEqual(whole);
  });

  it('keeps odd rates on time', () => {
    const actual = resample(tone(191999, 1000, 0.2), 191999, 4000);
    expect(Math.abs(actual.length - 3200)).toBeLessThanOrEqual(1);
    expect(signalToErrorDb(actual, tone(16000, 1000, 0.2), 200)).toBeGreaterThan(40);
  });
});

describe('nearestFraction', () => {
  it('is exact where the limit allows and nearest where not', () => {
    expect(nearestFraction(44100, 16000, 1000)).toEqual([441, 160]);
    // Python: Fraction(math.pi).limit_denominator(100) == 311/99
    expect(nearestFraction(Math.PI * 1e9, 1e9, 100)).toEqual([311, 99]);
  });
});
