import { describe, expect, it } from '@jest/globals';
import { BeamHypotheses, type BeamStep } from './beams.js';

const NONE = -1e30;

function step(
  tokens: number[],
  parents: number[],
  finished: readonly (readonly [number, number])[] = [],
): BeamStep {
  const results = tokens.map((_, i) => finished[i] ?? ([NONE, 0] as const));
  return {
    tokens,
    parents,
    finishedScores: results.map(([score]) => score),
    finishedParents: results.map(([, parent]) => parent),
  };
}

describe('texts of a beam search', () => {
  it('follow the parents from step to step', () => {
    const beams = new BeamHypotheses(2, 2);
    beams.add(step([10, 11], [0, 0]));
    beams.add(step([20, 21], [1, 0]));
    beams.add(step([30, 31], [0, 0]));
    expect(beams.finish([-1, -2])).toEqual([
      { tokens: [11, 20, 30], sum: -1 },
      { tokens: [11, 20, 31], sum: -2 },
    ]);
  });

  it('end as what their parent was in the step before, and are complete when as many have ended as patience wants', () => {
    const beams = new BeamHypotheses(2, 2);
    beams.add(step([10, 11], [0, 0]));
    beams.add(step([20, 21], [1, 0], [[-0.5, 0]]));
    expect(beams.isComplete).toBe(false);
    beams.add(
      step(
        [30, 31],
        [0, 1],
        [
          [-0.7, 1],
          [-0.9, 0],
        ],
      ),
    );
    expect(beams.isComplete).toBe(true);
    // The list was full before −0.9.
    expect(beams.finish([-2, -3])).toEqual([
      { tokens: [10], sum: -0.5 },
      { tokens: [10, 21], sum: -0.7 },
    ]);
  });

  it('are filled up with the best unfinished ones where too few have ended', () => {
    const beams = new BeamHypotheses(3, 3);
    beams.add(step([10, 11, 12], [0, 0, 0]));
    beams.add(step([20, 21, 22], [0, 1, 2], [[-4, 2]]));
    expect(beams.finish([-3, -1, -2])).toEqual([
      { tokens: [12], sum: -4 },
      { tokens: [11, 21], sum: -1 },
      { tokens: [12, 22], sum: -2 },
    ]);
  });
});
