import { z } from 'zod';
import { textHead } from './text.schema.js';

/** Lists are kept as clients of this API read them: objects with the keys "0", "1", …. */
const numbered = <Item extends z.ZodType>(item: Item) => z.record(z.string().regex(/^\d{1,2}$/), item);

/** Of a point, UTF-16 units. */
const LONGEST_POINT = 600;

/** What a session came to, for the person who spoke in it; written once, when it has ended. */
export const closingSummarySchema = z.strictObject({
  title: z.string().min(1).max(200),
  subtitle: numbered(
    z.strictObject({
      heading: z.string().min(1).max(200),
      points: numbered(z.string().min(1).max(LONGEST_POINT)),
    }),
  ),
});
export type ClosingSummary = z.output<typeof closingSummarySchema>;

/** A part of a summary before it is numbered. */
export interface SummarySection {
  readonly heading: string;
  readonly points: readonly string[];
}

/** @returns the summary with numbered sections and points; sections without points are left out, long points cut */
export function closingSummary(title: string, sections: readonly SummarySection[]): ClosingSummary {
  const filled = sections.filter(({ points }) => points.length > 0);
  return {
    title,
    subtitle: byNumber(
      filled.map(({ heading, points }) => ({
        heading,
        points: byNumber(points.map((point) => textHead(point, LONGEST_POINT))),
      })),
    ),
  };
}

function byNumber<Item>(items: readonly Item[]): Record<string, Item> {
  return Object.fromEntries(items.map((item, index) => [String(index), item]));
}

/** Announced when a session has ended; what follows is found in the store as well. */
export const SESSION_ENDED_CHANNEL = 'session-ended';
