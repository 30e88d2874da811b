import { describe, expect, it } from '@jest/globals';
import { quantiseRows, type QuantisedMatrix } from './quantise.js';

/** What MatMulNBits makes of the first block, as onnxruntime's contrib operators are specified. */
function readBack({ values, scales }: QuantisedMatrix, bits: 4 | 8, length: number): number[] {
  return Array.from({ length }, (_, i) => {
    const code = bits === 8 ? values[i]! : (values[i >> 1]! >> (4 * (i & 1))) & 15;
    return (code - 2 ** (bits - 1)) * scales[0]!;
  });
}

const squaredError = (values: Float32Array, others: readonly number[]): number =>
  values.reduce((sum, value, i) => sum + (value - others[i]!) ** 2, 0);

describe('weights in blocks', () => {
  it('are exact in 8 bits to half a step', () => {
    const row = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i * 1.7));
    const back = readBack(quantiseRows(row, 1, 32, 8, 32), 8, 32);
    for (const [i, value] of row.entries()) expect(Math.abs(back[i]! - value)).toBeLessThan(0.51 / 127);
  });

  it.each([1, -1])('take in 4 bits the finer code for the larger side (%i)', (sign) => {
    const row = Float32Array.from({ length: 16 }, (_, i) => (sign * (i - 8)) / 8);
    expect(readBack(quantiseRows(row, 1, 16, 4, 16), 4, 16)).toEqual([...row]);
  });

  it('cut off in 4 bits one large value where that makes the others finer', () => {
    const row = Float32Array.from({ length: 16 }, (_, i) => (i === 3 ? 1 : 0.62 * Math.cos(2.3 * i)));
    const back = readBack(quantiseRows(row, 1, 16, 4, 16), 4, 16);
    const plain = [...row].map((value) => Math.max(-8, Math.min(7, Math.round(value * -8))) / -8);
    expect(squaredError(row, back)).toBeLessThan(squaredError(row, plain));
  });

  it('of zeros are zeros', () => {
    expect(
      readBack(quantiseRows(new Float32Array(16), 1, 16, 4, 16), 4, 16).every((value) => value === 0),
    ).toBe(true);
  });
});
