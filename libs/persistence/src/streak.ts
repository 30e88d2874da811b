const DAY_MS = 86_400_000;

/** Days in a row on which somebody was active. */
export interface Streak {
  /** Up to today; up to yesterday while today is still to come. */
  readonly current: number;
  readonly longest: number;
  readonly isTodayDone: boolean;
}

/**
 * Counts days in a row.
 * @param days  the active ones, `YYYY-MM-DD` of one calendar, in any order
 * @param today  the same for now
 */
export function streakOf(days: readonly string[], today: string): Streak {
  const numbers = [...new Set(days)].map(dayNumber).sort((one, other) => one - other);
  const active = new Set(numbers);
  let longest = 0;
  let run = 0;
  for (const number of numbers) {
    run = active.has(number - 1) ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  const isTodayDone = active.has(dayNumber(today));
  let last = isTodayDone ? dayNumber(today) : dayNumber(today) - 1;
  let current = 0;
  for (; active.has(last); last -= 1) current += 1;
  return { current, longest, isTodayDone };
}

/** Days since 1970: a calendar day has no hours, so summer time does not matter. */
function dayNumber(day: string): number {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}
