import { z } from 'zod';

/** A remark on a part of the transcript; UTF-16 units. */
const errorSchema = z.object({
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
  correction: z.string(),
  rule: z.string().default(''),
  explanation: z.string().default(''),
});

/** What the platform says of an answer beyond its scores; absent on platforms that do not say it. */
const feedbackSchema = z.object({
  makesSense: z.boolean().optional(),
  errors: z.array(errorSchema).default([]),
  suggestions: z.array(z.string()).default([]),
  improved: z.string().default(''),
  /** Scores by criterion; what is no number is left out. */
  rubric: z
    .record(z.string(), z.unknown())
    .default({})
    .transform((rubric) =>
      Object.entries(rubric).flatMap(([criterion, score]) =>
        typeof score === 'number' ? [{ criterion, score }] : [],
      ),
    ),
});
export type Feedback = z.output<typeof feedbackSchema>;

const correctionSchema = z.object({
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
  message: z.string(),
  suggestions: z.array(z.string()),
});

/** The part of a turn's view (`/api/v1/turns`) that the bot reads. Not strict: the gateway adds fields as it grows. */
export const turnAnswerSchema = z.object({
  id: z.string(),
  status: z.enum(['answering', 'complete', 'failed']),
  text: z.string(),
  measures: z.object({
    speechMs: z.number(),
    longestPauseMs: z.number(),
    speechRateWpm: z.number(),
    wordCount: z.number(),
  }),
  scores: z.object({
    fluency: z.number(),
    pace: z.number(),
    pauses: z.number(),
    soundQuality: z.number(),
    overall: z.number(),
  }),
  reply: z.object({ text: z.string(), corrections: z.array(correctionSchema) }).nullable(),
  feedback: feedbackSchema.nullish(),
  error: z.object({ code: z.string(), message: z.string() }).nullish(),
});
export type Turn = z.output<typeof turnAnswerSchema>;

/** A remark in one form, wherever it came from. */
export interface Remark {
  readonly start: number;
  readonly end: number;
  /** What to say instead; empty where there is only a comment. */
  readonly correction: string;
  readonly explanation: string;
}

/** The remarks on what was said, in its order: the report's, else the grammar checker's. */
export function remarksOf({ text, feedback, reply }: Turn): Remark[] {
  const remarks = feedback
    ? feedback.errors.map(({ start, end, correction, rule, explanation }) => ({
        start,
        end,
        correction,
        explanation: explanation === '' ? rule : explanation,
      }))
    : (reply?.corrections ?? []).map(({ start, end, message, suggestions }) => ({
        start,
        end,
        correction: suggestions[0] ?? '',
        explanation: message,
      }));
  return remarks
    .filter(({ start, end }) => start < end && end <= text.length)
    .sort((one, other) => one.start - other.start);
}
