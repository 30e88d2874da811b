import { describe, expect, it } from '@jest/globals';
import { VAD_FRAME_SAMPLES } from '@parlance/vad';
import { FrameMeter, type FrameMeasures } from './frame-measures.js';
import { SpeechMeter } from './speech-meter.js';

/** A frame of constant amplitude: its root mean square is that amplitude. */
function frame(amplitude: number, probability: number): FrameMeasures {
  return {
    probability,
    sumOfSquares: amplitude ** 2 * VAD_FRAME_SAMPLES,
    peak: amplitude,
    clipped: amplitude >= 1 ? VAD_FRAME_SAMPLES : 0,
  };
}

function metered(...stretches: readonly (readonly [number, number, number])[]): SpeechMeter {
  const meter = new SpeechMeter(1000);
  for (const [count, amplitude, probability] of stretches)
    for (let i = 0; i < count; i++) meter.addFrame(frame(amplitude, probability));
  return meter;
}

describe('SpeechMeter', () => {
  it('measures the level of speech and of the rest', () => {
    const measures = metered([25, 0.001, 0.01], [25, 0.1, 0.9]).measures();
    expect(measures.audioMs).toBe(1600);
    expect(measures.speechRatio).toBe(0.5);
    expect(measures.speechLevelDbfs).toBeCloseTo(-20, 6);
    expect(measures.noiseLevelDbfs).toBeCloseTo(-60, 6);
    // 10·log10((0.1² − 0.001²) / 0.001²)
    expect(measures.signalToNoiseDb).toBeCloseTo(39.99957, 4);
    expect(measures.peakDbfs).toBeCloseTo(-20, 6);
  });

  it('takes silences of 200 ms and more between speech for pauses', () => {
    const measures = metered(
      [10, 0, 0],
      [10, 0.1, 0.9],
      [6, 0, 0],
      [10, 0.1, 0.9],
      [7, 0, 0],
      [5, 0.1, 0.9],
      [30, 0, 0],
    ).measures();
    expect(measures.pauses).toEqual([{ startMs: 1000 + 36 * 32, endMs: 1000 + 43 * 32 }]);
    expect(measures.longestPauseMs).toBe(224);
  });

  it('counts words by the minute over all and over speech', () => {
    const meter = metered([125, 0.1, 0.9], [125, 0, 0]);
    meter.addWords(12);
    const measures = meter.measures();
    expect(measures.speechRateWpm).toBeCloseTo(90, 6);
    expect(measures.articulationRateWpm).toBeCloseTo(180, 6);
  });

  it('reports clipping of its own frames, or of the source where that is known', () => {
    const meter = metered([1, 1, 0.9], [3, 0.1, 0.9]);
    expect(meter.measures().clippingRatio).toBe(0.25);
    expect(meter.measures({ peakDbfs: -1, clippingRatio: 0.5 })).toMatchObject({
      peakDbfs: -1,
      clippingRatio: 0.5,
    });
  });

  it('has an answer for nothing at all', () => {
    for (const value of Object.values(new SpeechMeter().measures()))
      expect(Array.isArray(value) || Number.isFinite(value)).toBe(true);
  });
});

describe('FrameMeter', () => {
  it('measures the same frames however the signal is cut', () => {
    const signal = Float32Array.from({ length: 5 * VAD_FRAME_SAMPLES }, (_, i) => Math.sin(i) / 2);
    const probabilities = Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5);
    const whole = new FrameMeter().add(signal, probabilities);
    expect(whole.length).toBe(5);
    const meter = new FrameMeter();
    const frames: FrameMeasures[] = [];
    for (let at = 0; at < signal.length; at += 333)
      frames.push(...meter.add(signal.subarray(at, at + 333), probabilities.subarray(frames.length)));
    expect(frames).toEqual(whole);
  });
});
