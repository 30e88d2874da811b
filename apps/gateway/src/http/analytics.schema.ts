import { z } from 'zod';

const DAY_MS = 86_400_000;
/** Days that one request is answered. */
export const MOST_DAYS = 92;
const USUAL_DAYS = 30;

const day = z.iso.date('must be a day, YYYY-MM-DD');
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** `GET analytics/daily`: the last thirty days, unless it says otherwise. */
export const dailySchema = z
  .object({ from: day.optional(), to: day.optional() })
  .transform(({ from, to = dayOf(Date.now()) }) => ({
    from: from ?? dayOf(Date.parse(to) - (USUAL_DAYS - 1) * DAY_MS),
    to,
  }))
  .refine(({ from, to }) => from <= to, { path: ['from'], message: 'must not be after to' })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) < MOST_DAYS * DAY_MS, {
    path: ['from'],
    message: `must be within ${MOST_DAYS} days of to`,
  });
