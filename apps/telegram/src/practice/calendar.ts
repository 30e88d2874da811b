const DAY_MS = 86_400_000;

/** Whether a text names a time zone, as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  // Offsets such as +02:00 are no names: they know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The calendar day at a moment in a time zone, `2026-11-30`. */
export function dayOf(moment: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(moment);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

export interface Streak {
  /** Days in a row up to today; up to yesterday while today has no answer yet. */
  readonly current: number;
  readonly longest: number;
  readonly isTodayDone: boolean;
}

/** Days in a row with an answer.
 *  @param days  those with one, each once, in any order
 *  @param today  the user's calendar day */
export function practiceStreak(days: readonly string[], today: string): Streak {
  const numbers = [...new Set(days)].map(dayNumber).sort((one, other) => one - other);
  const isDone = new Set(numbers);
  let longest = 0;
  let run = 0;
  for (const number of numbers) {
    run = isDone.has(number - 1) ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  const isTodayDone = isDone.has(dayNumber(today));
  let last = isTodayDone ? dayNumber(today) : dayNumber(today) - 1;
  let current = 0;
  for (; isDone.has(last); last -= 1) current += 1;
  return { current, longest, isTodayDone };
}

/** Days since 1970: a calendar day has no hours, so summer time does not matter. */
function dayNumber(day: string): number {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}
