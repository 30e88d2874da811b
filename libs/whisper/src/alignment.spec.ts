import { describe, expect, it } from '@jest/globals';
import { dynamicTimeWarping } from './alignment.js';

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
