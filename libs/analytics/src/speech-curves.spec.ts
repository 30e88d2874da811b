import { describe, expect, it } from '@jest/globals';
import { SILENCE_DBFS } from '@parlance/audio';
import { speechCurves } from './speech-curves.js';

/** A tone that glides from 120 to 240 Hz in a second, with two overtones, behind half a second of silence. */
function glide(): Float32Array {
  const samples = new Float32Array(24_000);
  let phase = 0;
  for (let i = 0; i < 16_000; i++) {
    phase += (2 * Math.PI * (120 + (120 * i) / 16_000)) / 16_000;
    samples[8_000 + i] = 0.2 * Math.sin(phase) + 0.1 * Math.sin(2 * phase) + 0.05 * Math.sin(3 * phase);
  }
  return samples;
}

describe('the curves of a recording', () => {
  it('follow the pitch of a gliding tone within 3 %', () => {
    const { stepMs, pitchHz } = speechCurves(glide());
    const errors = pitchHz.flatMap((hz, step) => {
      const seconds = ((step + 0.5) * stepMs) / 1000 - 0.5;
      return hz === null || seconds < 0.05 || seconds > 0.95 ? [] : [hz / (120 + 120 * seconds) - 1];
    });
    expect(errors.length).toBeGreaterThan(20);
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(0.03);
  });

  it('have no pitch where nothing sounds, and at most 50 points a second', () => {
    const { pitchHz, energyDbfs } = speechCurves(glide());
    expect(pitchHz.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => null));
    expect(energyDbfs.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => SILENCE_DBFS));
    expect(energyDbfs).toHaveLength(37);
    // Amplitudes .2, .1 and .05: half the sum of their squares.
    expect(energyDbfs[25]).toBe(Math.round(10 * Math.log10((0.04 + 0.01 + 0.0025) / 2)));
  });

  it('of nothing are empty', () => {
    expect(speechCurves(new Float32Array(100))).toEqual({ stepMs: 40, pitchHz: [], energyDbfs: [] });
  });
});
