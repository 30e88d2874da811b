import { describe, expect, it } from '@jest/globals';
import { speechPcm } from '../../../test/support/speech-samples.js';
import { integratedLoudness } from './loudness.js';

/** A sine of a frequency and an amplitude. */
function sine(hz: number, amplitude: number, seconds: number, rate: number): Float32Array {
  return Float32Array.from(
    { length: seconds * rate },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rate),
  );
}

describe('integrated loudness', () => {
  // ITU-R BS.1770: a sine of 0 dBFS at 997 Hz in one channel reads −3.01 LKFS.
  it.each([16_000, 44_100, 48_000])("reads the standard's reference sine at %d Hz", (rate) => {
    expect(integratedLoudness(sine(997, 1, 3, rate), rate)).toBeCloseTo(-3.01, 1);
    expect(integratedLoudness(sine(997, 0.1, 3, rate), rate)).toBeCloseTo(-23.01, 1);
  });

  // By the filter ebur128 of ffmpeg 5.1.
  it.each([
    ['LJ001-0011', -21.0],
    ['LJ001-0062', -21.7],
    ['en-03', -21.1],
    ['en-06', -21.4],
  ])('of %s is what ffmpeg measures', (id, lufs) => {
    const pcm = speechPcm(id);
    const samples = Float32Array.from(
      new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2),
      (each) => each / 32768,
    );
    expect(Math.abs(integratedLoudness(samples, 16_000)! - lufs)).toBeLessThan(0.15);
  });

  it('does not count silence, nor what is much softer than the rest', () => {
    const loud = sine(997, 0.1, 5, 16_000);
    const joined = new Float32Array(20 * 16_000);
    joined.set(loud);
    joined.set(sine(997, 0.01, 5, 16_000), loud.length);
    expect(integratedLoudness(joined, 16_000)).toBeCloseTo(-23.01, 0);
  });

  it('counts low sounds less than those of the voice', () => {
    const [low, middle] = [sine(40, 0.1, 2, 16_000), sine(1000, 0.1, 2, 16_000)];
    expect(integratedLoudness(low, 16_000)!).toBeLessThan(integratedLoudness(middle, 16_000)! - 3);
  });

  it('is unknown of silence and of less than 400 ms', () => {
    expect(integratedLoudness(new Float32Array(16_000), 16_000)).toBeUndefined();
    expect(integratedLoudness(sine(997, 1, 0.3, 16_000), 16_000)).toBeUndefined();
  });
});
