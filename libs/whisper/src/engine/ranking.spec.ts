import { describe, expect, it } from '@jest/globals';
import { likeliest, type Hypothesis } from './ranking.js';

const short: Hypothesis = { tokens: [1, 2], sum: -1 };
const long: Hypothesis = { tokens: [1, 2, 3, 4, 5, 6, 7, 8], sum: -3 };

describe('ranking hypotheses', () => {
  it('goes by the mean log-probability where no length penalty is given', () => {
    expect(likeliest([short, long], undefined)).toBe(long);
  });

  it('weighs the length by the penalty: at 0 the sum alone counts, at 1 ((5 + n) / 6)', () => {
    expect(likeliest([long, short], 0)).toBe(short);
    // −1 / (7/6) = −0.857; −3 / (13/6) = −1.385
    expect(likeliest([long, short], 1)).toBe(short);
    expect(likeliest([{ ...long, sum: -1.8 }, short], 1)).toMatchObject({ sum: -1.8 });
  });

  it('keeps the first of equals, and does not divide by an empty text', () => {
    const twin = { ...short };
    expect(likeliest([short, twin], undefined)).toBe(short);
    expect(likeliest([{ tokens: [], sum: -0.1 }, short], undefined).tokens).toEqual([]);
  });
});
