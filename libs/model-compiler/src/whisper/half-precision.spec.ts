import { describe, expect, it } from '@jest/globals';
import { widenFloat16 } from '../checkpoint/half-floats.js';
import { narrowFloat16 } from './quantise.js';

describe('half precision', () => {
  it('holds exactly every number that it can', () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i).filter(
      (bits) => (bits & 0x7c00) !== 0x7c00,
    );
    expect(narrowFloat16(widenFloat16(patterns))).toEqual(patterns);
  });

  it('rounds as IEEE 754 says: to the nearest, between two to the even one', () => {
    const rounded: readonly (readonly [number, number])[] = [
      [1 + 2 ** -11, 1],
      [1 + 3 * 2 ** -11, 1 + 2 ** -9],
      [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
      [2 ** -25, 0],
      [3 * 2 ** -25, 2 ** -23],
      [-(2 ** -14) + 2 ** -26, -(2 ** -14)],
      [65519, 65504],
      [65520, Infinity],
      [-1e9, -Infinity],
    ];
    const narrow = narrowFloat16(Float32Array.from(rounded, ([value]) => value));
    expect([...widenFloat16(narrow)]).toEqual(rounded.map(([, value]) => value));
  });
});
