import type { SpeechScoresJson } from '@parlance/contracts';
import type { SessionRecord, TurnTotals, UserTotals } from '@parlance/persistence';

const DAY_MS = 86_400_000;

/** What a user did in all sessions, and on how many days in a row up to today or yesterday (UTC). */
export interface UserStatistics extends UserTotals {
  readonly activeDays: number;
  readonly streakDays: number;
}

/**
 * Days in a row, counted back from today, or from yesterday while today is still to come.
 * @param days  `YYYY-MM-DD` in UTC, each once, newest first
 */
export function streakOf(days: readonly string[], now: Date): number {
  const today = Math.floor(now.getTime() / DAY_MS);
  const numbers = days.map((day) => Date.parse(`${day}T00:00:00Z`) / DAY_MS);
  const [newest] = numbers;
  if (newest === undefined || newest < today - 1) return 0;
  const gap = numbers.findIndex((number, index) => number !== newest - index);
  return gap < 0 ? numbers.length : gap;
}

/** @param totals  of the session's turns */
export function metricsView(session: SessionRecord, totals: TurnTotals, now = new Date()) {
  const durationMs = session.metrics?.durationMs ?? now.getTime() - session.createdAt.getTime();
  return { durationMs, ...totalsView(totals) };
}

export function statisticsView(user: string | undefined, statistics: UserStatistics) {
  const { sessions, firstActiveAt, lastActiveAt, activeDays, streakDays } = statistics;
  return {
    user,
    sessions,
    ...totalsView(statistics),
    firstActiveAt: firstActiveAt?.toISOString() ?? null,
    lastActiveAt: lastActiveAt?.toISOString() ?? null,
    activeDays,
    streakDays,
  };
}

/** Scores are means over the turns that have them. */
function totalsView({ turns, spokenWords, speakingMs, scoredTurns, scoreSums }: TurnTotals) {
  const scores = scoredTurns === 0 ? null : meansOf(scoreSums, scoredTurns);
  return { turns, spokenWords, speakingMs, scores };
}

function meansOf(sums: SpeechScoresJson, count: number): SpeechScoresJson {
  const means = Object.entries(sums).map(([name, sum]) => [name, Math.round((sum / count) * 10) / 10]);
  return Object.fromEntries(means) as SpeechScoresJson;
}
