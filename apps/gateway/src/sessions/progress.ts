import {
  PROGRESS_SCORES,
  type LearnerProgress,
  type ProgressScore,
  type ProgressWeek,
} from '@parlance/persistence';

const WEEK_MS = 7 * 24 * 3_600_000;
const NO_SCORES = Object.fromEntries(PROGRESS_SCORES.map((score) => [score, null])) as ProgressWeek['scores'];

/** How one score develops. */
export interface ScoreProgress {
  /** Over all turns. */
  readonly mean: number;
  /** Turns that have the score. */
  readonly n: number;
  /** Points a week: least squares over the weeks' means, weighted by their turns; null of fewer than two weeks. */
  readonly slopePerWeek: number | null;
  readonly best: { readonly value: number; readonly week: string };
}

/** A learner's progress as clients see it. @param since  the Monday that it begins with at the earliest */
export function progressView(user: string, since: Date, { weeks, phones }: LearnerProgress) {
  const scores = PROGRESS_SCORES.map((score) => [score, scoreProgress(score, weeks)] as const);
  return {
    user,
    since: since.toISOString().slice(0, 10),
    turns: weeks.reduce((sum, { turns }) => sum + turns, 0),
    scores: Object.fromEntries(scores) as Record<ProgressScore, ScoreProgress | null>,
    weeks: withEmptyWeeks(weeks),
    phones,
  };
}

/** The Monday of the week so many weeks before this one, UTC. @param weeks  1: this week alone */
export function firstWeek(weeks: number, now = new Date()): Date {
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const sinceMonday = (now.getUTCDay() + 6) % 7;
  return new Date(today - sinceMonday * (WEEK_MS / 7) - (weeks - 1) * WEEK_MS);
}

function scoreProgress(score: ProgressScore, weeks: readonly ProgressWeek[]): ScoreProgress | null {
  const found = weeks.flatMap(({ week, scores }) => {
    const own = scores[score];
    return own ? [{ week, at: Date.parse(week) / WEEK_MS, ...own }] : [];
  });
  if (found.length === 0) return null;
  const best = found.reduce((one, other) => (other.best > one.best ? other : one));
  const n = found.reduce((sum, week) => sum + week.n, 0);
  const meanOf = (value: (week: (typeof found)[number]) => number): number =>
    found.reduce((sum, week) => sum + week.n * value(week), 0) / n;
  const mean = meanOf((week) => week.mean);
  const at = meanOf((week) => week.at);
  const spread = meanOf((week) => (week.at - at) ** 2);
  const slopePerWeek =
    found.length < 2 ? null : meanOf((week) => (week.at - at) * (week.mean - mean)) / spread;
  return { mean, n, slopePerWeek, best: { value: best.best, week: best.week } };
}

/** From the first week with turns to the last one, so that a gap is seen as one. */
function withEmptyWeeks(weeks: readonly ProgressWeek[]): ProgressWeek[] {
  const [first, last] = [weeks[0], weeks.at(-1)];
  if (!first || !last) return [];
  const count = Math.round((Date.parse(last.week) - Date.parse(first.week)) / WEEK_MS) + 1;
  return Array.from({ length: count }, (_, index) => {
    const week = new Date(Date.parse(first.week) + index * WEEK_MS).toISOString().slice(0, 10);
    return weeks.find((one) => one.week === week) ?? { week, turns: 0, scores: NO_SCORES };
  });
}
