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

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** The moment at which a day, `2026-11-30`, begins in a time zone: not at midnight where clocks are put forward then. */
export function beginningOf(day: string, timeZone: string): Date {
  const midnight = Date.parse(day) / MINUTE_MS;
  // Looked for between: no zone is a day away from UTC.
  let [before, at] = [midnight - DAY_MINUTES, midnight + DAY_MINUTES];
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2);
    if (dayOf(new Date(middle * MINUTE_MS), timeZone) < day) before = middle;
    else at = middle;
  }
  return new Date(at * MINUTE_MS);
}
