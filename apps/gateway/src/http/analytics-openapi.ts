import { z } from 'zod';
import { speechScoresSchema } from '@parlance/contracts';

const count = z.number().int().nonnegative();
const totals = z.object({
  learners: count,
  sessions: count,
  turns: count,
  minutes: z.number(),
  scores: speechScoresSchema.nullable(),
  endedSessions: count,
  meanSessionSeconds: z.number().nullable(),
  errors: z.array(z.object({ code: z.string(), route: z.string(), count })),
});
const part = z.union([z.boolean(), z.string()]);
const languages = z.union([z.literal('any'), z.array(z.string())]).nullable();

/** What the routes of usage analytics and of the platform's state answer. */
export const ANALYTICS_ANSWERS = {
  windows: z.object({
    at: z.iso.datetime(),
    windows: z.object({ '1m': totals, '5m': totals, '1h': totals }),
  }),
  daily: z.object({
    days: z.array(
      z.object({
        day: z.iso.date(),
        learners: count,
        sessions: count,
        turns: count,
        minutes: z.number(),
        meanScore: z.number().nullable(),
        endedSessions: count,
        meanSessionSeconds: z.number().nullable(),
        errors: z.record(z.string(), count),
      }),
    ),
  }),
  health: z.object({ status: z.enum(['ok', 'degraded']), parts: z.record(z.string(), part) }),
  status: z.object({
    status: z.enum(['ok', 'degraded']),
    upSeconds: count,
    parts: z.record(z.string(), part),
    /** In which the services behind work; null where one could not be asked. */
    languages: z.object({ recognition: languages, replies: languages, speech: languages }),
    analytics: z.object({
      caughtUp: z.boolean(),
      activities: z.object({ counted: count, double: count, late: count, future: count }),
    }),
  }),
};
