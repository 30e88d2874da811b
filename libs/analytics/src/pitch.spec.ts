import { describe, expect, it } from '@jest/globals';
import { estimatePitch, PITCH_SPAN } from './pitch.js';

const RATE = 16_000;

/** A voice: harmonics of a pitch, the higher the weaker. */
function voice(seconds: number, hz: number): Float32Array {
  return Float32Array.from({ length: seconds * RATE }, (_, i) => {
    let sum = 0;
    for (let n = 1; n <= 12; n++) sum += Math.sin((2 * Math.PI * n * hz * i) / RATE) / n;
    return 0.1 * sum;
  });
}

function noise(seconds: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: seconds * RATE }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * 0.1;
  });
}

describe('estimatePitch', () => {
  it.each([80, 110, 155, 220, 330])('finds %d Hz', (hz) => {
    const { hz: found, periodicity } = estimatePitch(voice(0.1, hz));
    expect(found).toBeGreaterThan(hz * 0.98);
    expect(found).toBeLessThan(hz * 1.02);
    expect(periodicity).toBeGreaterThan(0.9);
  });

  it('finds none in noise, in silence and in too little sound', () => {
    expect(estimatePitch(noise(0.1))).toMatchObject({ hz: undefined });
    expect(estimatePitch(noise(0.1)).periodicity).toBeLessThan(0.6);
    expect(estimatePitch(new Float32Array(PITCH_SPAN))).toEqual({ hz: undefined, periodicity: 0 });
    expect(estimatePitch(voice(0.02, 200)).hz).toBeUndefined();
  });
});
