import type { ScoresDescription } from './score-models.js';

/** A score from 0 to 100 with the ends of its 95 % interval. */
export interface IntervalScore {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The best score on the raters' scale of each level. */
const HIGHEST = { utterance: 10, word: 10, phone: 2 } as const;
const FULL = 100;

type Knots = ScoresDescription['intervals'][keyof ScoresDescription['intervals']];

/**
 * A model's output as a score of 100 with its interval: what to add for each end is linear between knots and constant beyond them.
 * They were measured in cross-validation, so that 95 % of the intervals hold the mean of raters (conformal prediction; Vovk, Gammerman and
 * Shafer, "Algorithmic Learning in a Random World", 2005; training/scores' intervals.py).
 * @param raw  on the raters' scale; may lie a little outside of it
 */
export function intervalScore(
  raw: number,
  level: keyof typeof HIGHEST,
  { knots, below, above }: Knots,
): IntervalScore {
  const scaled = (value: number): number =>
    (Math.min(Math.max(value, 0), HIGHEST[level]) / HIGHEST[level]) * FULL;
  return {
    value: scaled(raw),
    low: scaled(raw + interpolate(raw, knots, below)),
    high: scaled(raw + interpolate(raw, knots, above)),
  };
}

/** @param xs  ascending */
function interpolate(x: number, xs: readonly number[], ys: readonly number[]): number {
  const behind = xs.findIndex((knot) => knot >= x);
  if (behind === 0) return ys[0]!;
  if (behind === -1) return ys.at(-1)!;
  const [left, right] = [xs[behind - 1]!, xs[behind]!];
  return ys[behind - 1]! + ((ys[behind]! - ys[behind - 1]!) * (x - left)) / (right - left);
}
