import { describe, expect, it } from '@jest/globals';
import { dynamicTimeWarping } from './dtw.js';
import { medianFilter7 } from './median-filter.js';

/** The same numbers as were given to openai-whisper 20250625 for the goldens below. */
const pattern = (count: number, divisor: number): number[] =>
  Array.from({ length: count }, (_, i) => ((i * 7919) % 101) / divisor);

describe('dynamic time warping', () => {
  it("walks the same path as openai-whisper's dtw_cpu", () => {
    const path = dynamicTimeWarping(Float64Array.from(pattern(45, 101)), 5, 9);
    expect([...path.rows]).toEqual([0, 1, 2, 3, 4, 4, 4, 4, 4]);
    expect([...path.columns]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('follows a cheap diagonal and waits where the columns outnumber the rows', () => {
    const path = dynamicTimeWarping(Float32Array.of(0, 0, 9, 9, 9, 9, 0, 0), 2, 4);
    expect([...path.rows]).toEqual([0, 0, 1, 1]);
    expect([...path.columns]).toEqual([0, 1, 2, 3]);
  });
});

describe('the median filter', () => {
  it("gives openai-whisper's medians of seven, ends reflected", () => {
    const filtered = medianFilter7(Float32Array.from(pattern(12, 100)));
    const golden = [0.41, 0.41, 0.41, 0.41, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44, 0.47, 0.25];
    golden.forEach((value, i) => expect(filtered[i]).toBeCloseTo(value, 6));
  });

  it('leaves rows alone that are too short to reflect', () => {
    expect([...medianFilter7(Float32Array.of(3, 1, 2))]).toEqual([3, 1, 2]);
  });
});
