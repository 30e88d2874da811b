import { describe, expect, it } from '@jest/globals';
import { recordingQuality } from './recording-quality.js';

const FRAME = 512;

/** Frames of a sine as loud as said, and their probabilities of speech. */
function recording(...runs: readonly { amplitude: number; frames: number; probability: number }[]): {
  samples: Float32Array;
  probabilities: Float32Array;
} {
  const all = runs.flatMap((run) => new Array<typeof run>(run.frames).fill(run));
  const samples = Float32Array.from({ length: all.length * FRAME }, (_, i) => {
    const value = all[Math.floor(i / FRAME)]!.amplitude * Math.sin((2 * Math.PI * 1000 * i) / 16_000);
    return Math.max(-1, Math.min(1, value));
  });
  return { samples, probabilities: Float32Array.from(all, ({ probability }) => probability) };
}

describe('the quality of a recording', () => {
  it('has loudness, noise and clipping', () => {
    const { samples, probabilities } = recording(
      { amplitude: 0.1, frames: 60, probability: 0.9 },
      { amplitude: 0.01, frames: 60, probability: 0.05 },
    );
    const quality = recordingQuality(samples, probabilities);
    expect(quality.loudnessLufs).toBeCloseTo(-23, 0);
    // Power 100 of which 1 is noise.
    expect(quality.signalToNoiseDb).toBeCloseTo(10 * Math.log10(99), 1);
    expect(quality).toMatchObject({ clippingShare: 0, reasons: [] });
    expect(quality.peakDbfs).toBeCloseTo(-20, 1);
    expect(quality.noiseLevelDbfs).toBeCloseTo(-43, 1);
  });

  it('tells clipping', () => {
    const { samples, probabilities } = recording({ amplitude: 2, frames: 30, probability: 0.9 });
    expect(recordingQuality(samples, probabilities).clippingShare).toBeGreaterThan(0.3);
  });

  it('has no ratio to the noise without a pause or without speech, and no loudness of silence', () => {
    const codes = ({ samples, probabilities }: ReturnType<typeof recording>): string[] =>
      recordingQuality(samples, probabilities).reasons.map(({ code }) => code);
    expect(codes(recording({ amplitude: 0.1, frames: 30, probability: 0.9 }))).toEqual([
      'signal_to_noise.no_pause',
    ]);
    expect(codes(recording({ amplitude: 0, frames: 30, probability: 0 }))).toEqual([
      ...['loudness.unknown', 'signal_to_noise.no_speech'],
    ]);
    expect(recordingQuality(new Float32Array(0), new Float32Array(0))).toMatchObject({
      ...{ loudnessLufs: null, signalToNoiseDb: null, noiseLevelDbfs: null, clippingShare: 0 },
    });
  });
});
