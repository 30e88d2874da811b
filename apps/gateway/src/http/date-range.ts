import { z } from 'zod';

/* How lists are asked for by time: from one moment on and before another, or one whole day. */

const DAY_MS = 86_400_000;

/** A day stands for its beginning in UTC. */
const momentSchema = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'must be a date as 2026-12-01 or a time as 2026-12-01T08:30:00Z',
  })
  .transform((text) => new Date(text))
  .optional();

/** Parameters of a query; `refine` them by the two below and transform them by `withDay`. */
export const dateRangeShape = {
  from: momentSchema,
  to: momentSchema,
  /** One day in UTC, in the place of `from` and `to`. */
  date: z.iso.date('must be a day as 2026-12-01').optional(),
};

interface DateRange {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly date?: string | undefined;
}

export const isInOneWay = ({ from, to, date }: DateRange): boolean => date === undefined || (!from && !to);
export const IN_ONE_WAY = { path: ['date'], error: 'stands for from and to: give it or them' };

/** The beginnings of a day and of the next for its date. */
export function withDay<Query extends DateRange>({ date, ...query }: Query) {
  if (date === undefined) return query;
  const from = new Date(date);
  return { ...query, from, to: new Date(from.getTime() + DAY_MS) };
}
