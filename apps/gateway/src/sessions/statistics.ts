import type { SpeechScoresJson } from '@parlance/contracts';
import type { SessionRecord, TurnTotals, UserTotals } from '@parlance/persistence';

/** What a user did in all sessions, and on how many days in a row up to today or yesterday (UTC). */
export interface UserStatistics extends UserTotals {
  readonly activeDays: number;
  readonly streakDays: number;
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
