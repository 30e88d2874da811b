import { LIMIT, type RatioRow } from './ratios.js';

/** Runs on a quiet machine differ by so much: only what is worse by more is a regression. */
export const TOLERANCE = 0.15;

/** A ratio that was zero may become this without being worse. */
const NEARLY_NOTHING = 0.02;

export interface Regression {
  readonly name: string;
  /** Undefined where the row is missing, or is no number, in the new results. */
  readonly now: number | undefined;
  readonly committed: number;
}

/** Rows whose median is worse than the committed one by more than the tolerance, or that were not measured any more.
 *  Ratios alone are compared: machines differ, ratios on one machine much less. A figure with a limit of its own, such as milliseconds,
 *  is worse where it comes nearer to the limit by more than the tolerance's share of it. */
export function regressions(
  committed: readonly RatioRow[],
  latest: readonly RatioRow[],
  tolerance = TOLERANCE,
): Regression[] {
  const found: Regression[] = [];
  for (const { name, ratio, peer, moreIsBetter } of committed) {
    const now = latest.find((row) => row.name === name)?.ratio.median;
    if (typeof now !== 'number' || Number.isNaN(now)) {
      found.push({ name, now: undefined, committed: ratio.median });
      continue;
    }
    const isWorse = moreIsBetter
      ? now < ratio.median * (1 - tolerance)
      : peer === LIMIT
        ? now > ratio.median + tolerance
        : now > ratio.median * (1 + tolerance) + NEARLY_NOTHING;
    if (isWorse) found.push({ name, now, committed: ratio.median });
  }
  return found;
}

/** One regression as a line. */
export function regressionLine({ name, now, committed }: Regression): string {
  const is = now === undefined ? 'was not measured' : `is ${now.toFixed(2)}`;
  return `${name} ${is}; committed ${committed.toFixed(2)}`;
}
