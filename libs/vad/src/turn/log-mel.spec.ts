import { describe, expect, it } from '@jest/globals';
import { FOURIER_LENGTH, Fourier } from './fourier.js';
import { TURN_BANDS, TURN_FRAMES, turnFeatures } from './log-mel.js';

/** A sweep whose loudness trembles. */
function sweep(seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * 16_000 }, (_, i) => {
    const t = i / 16_000;
    return (
      0.3 * Math.sin(2 * Math.PI * (200 * t + 150 * t * t)) * (0.6 + 0.4 * Math.sin(2 * Math.PI * 3 * t))
    );
  });
}

describe('Fourier', () => {
  it('is the discrete transform by its definition', () => {
    const re = Float64Array.from({ length: FOURIER_LENGTH }, (_, i) => Math.sin(i * 0.7) + (i % 7) / 7);
    const im = Float64Array.from({ length: FOURIER_LENGTH }, (_, i) => Math.cos(i * 1.3) * (i % 3));
    const fourier = new Fourier();
    fourier.transform(re, im);
    for (const k of [0, 1, 2, 57, 199, 200, 201, 399]) {
      let [real, imaginary] = [0, 0];
      for (let t = 0; t < FOURIER_LENGTH; t++) {
        const angle = (-2 * Math.PI * k * t) / FOURIER_LENGTH;
        real += re[t]! * Math.cos(angle) - im[t]! * Math.sin(angle);
        imaginary += re[t]! * Math.sin(angle) + im[t]! * Math.cos(angle);
      }
      expect(fourier.real[k]).toBeCloseTo(real, 8);
      expect(fourier.imaginary[k]).toBeCloseTo(imaginary, 8);
    }
  });
});

const GOLDEN_SHORT = {
  mean: -0.05449098,
  values: [
    [0, 0, -0.11293],
    [10, 560, 0.61045],
    [20, 640, -0.07884],
    [40, 700, -0.11293],
    [5, 549, 0.66697],
    [79, 799, -0.10202],
    [30, 799, 0.73917],
  ],
} as const;
const GOLDEN_LONG = {
  mean: -0.107193984,
  values: [
    [0, 0, 1.15784],
    [10, 560, -0.2343],
    [20, 640, -0.2343],
    [79, 799, -0.13239],
    [30, 799, 0.10329],
  ],
} as const;

describe("Smart Turn's features", () => {
  // By pipecat-ai 1.14.0, pipecat/audio/turn/smart_turn/_whisper_features.py.
  it.each([
    [2.5, GOLDEN_SHORT],
    [9, GOLDEN_LONG],
  ])("are the model's own for %d s of sound", (seconds, { mean, values }) => {
    const features = turnFeatures(sweep(seconds));
    expect(features.length).toBe(TURN_BANDS * TURN_FRAMES);
    expect(features.reduce((sum, value) => sum + value, 0) / features.length).toBeCloseTo(mean, 3);
    for (const [band, frame, value] of values)
      expect(Math.abs(features[band * TURN_FRAMES + frame]! - value)).toBeLessThan(2e-3);
  });

  it('are numbers for silence and for no sound at all', () => {
    for (const samples of [new Float32Array(16_000), new Float32Array(0)])
      expect(turnFeatures(samples).every(Number.isFinite)).toBe(true);
  });
});
