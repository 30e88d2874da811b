import { describe, expect, it } from '@jest/globals';
import { COMPANDED_SAMPLES } from './companding.js';

const { mulaw, alaw } = COMPANDED_SAMPLES;
const asInt16 = (samples: Float32Array, ...codes: number[]): number[] =>
  codes.map((code) => samples[code]! * 32768);

describe('companded samples', () => {
  it('have the values of G.711 at the ends and in the middle', () => {
    expect(asInt16(mulaw, 0x00, 0x80, 0xff, 0x7f)).toEqual([-32124, 32124, 0, 0]);
    expect(asInt16(alaw, 0x2a, 0xaa, 0xd5, 0x55)).toEqual([-32256, 32256, 8, -8]);
  });

  it('mirror each code by its sign bit', () => {
    for (const samples of [mulaw, alaw])
      for (let code = 0; code < 128; code += 1) expect(samples[code | 0x80]).toBeCloseTo(-samples[code]!, 9);
  });
});
