import { describe, expect, it } from '@jest/globals';
import { melFilters } from './mel-filters.js';

/** From openai-whisper 20250625, assets/mel_filters.npz. */
const GOLDENS = [
  {
    bands: 80,
    sum: 1.999024092387117,
    values: [
      [0, 1, 0.02486259490251541],
      [3, 4, 0.018890129402279854],
      [40, 43, 0.014735566452145576],
      [79, 192, 0.0031647118739783764],
    ],
  },
  {
    bands: 128,
    sum: 3.1909855409403463,
    values: [
      [0, 1, 0.012373986653983593],
      [3, 2, 0.018018579110503197],
      [64, 43, 0.018091518431901932],
      [127, 195, 0.005041601601988077],
    ],
  },
] as const;

describe('mel filter bank', () => {
  it.each(GOLDENS)("is openai-whisper's for $bands bands", ({ bands, sum, values }) => {
    const filters = melFilters(bands);
    expect(filters.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 5);
    for (const [band, bin, value] of values) expect(filters[band * 201 + bin]).toBeCloseTo(value, 8);
  });
});
