import { describe, expect, it } from '@jest/globals';
import { totalOf, type Marks } from './rubric-total.js';

const GRAMMAR = { fluency: 0.15, vocabulary: 0.2, grammar: 0.45, pronunciation: 0.2 };
const marks = (fluency: number | null, vocabulary: number, grammar: number, pronunciation: number | null) =>
  Object.fromEntries(
    Object.entries({ fluency, vocabulary, grammar, pronunciation }).map(([criterion, mark]) => [
      criterion,
      mark === null ? null : { mark, evidence: ['word'] },
    ]),
  ) as Marks;

describe('the total of an evaluation', () => {
  it('is the marks by the weights of the rubric, of 100', () => {
    // .15 × 4 + .2 × 3 + .45 × 2 + .2 × 5 of 5
    expect(totalOf(marks(4, 3, 2, 5), GRAMMAR)).toEqual({ total: 62, weights: GRAMMAR });
    expect(totalOf(marks(5, 5, 5, 5), GRAMMAR).total).toBe(100);
    expect(totalOf(marks(0, 0, 0, 0), GRAMMAR).total).toBe(0);
  });

  it('leaves out what was not measured, whose weight the others share in proportion', () => {
    const { total, weights } = totalOf(marks(null, 3, 2, null), GRAMMAR);
    expect(weights).toEqual({ fluency: 0, pronunciation: 0, vocabulary: 0.2 / 0.65, grammar: 0.45 / 0.65 });
    // (.2 × 3 + .45 × 2) ÷ .65 of 5
    expect(total).toBe(46.2);
  });

  it('is none where nothing that has weight was marked', () => {
    const onlySounds = { fluency: 0, vocabulary: 0, grammar: 0, pronunciation: 1 };
    expect(totalOf(marks(null, 3, 2, null), onlySounds).total).toBeNull();
  });
});
