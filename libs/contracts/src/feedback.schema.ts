import { z } from 'zod';

const points = z.number().min(0).max(100);

/** What a turn's words are judged by, 0 to 100 each. */
export const rubricSchema = z.object({
  grammar: points,
  vocabulary: points,
  /** Whether it has to do with what was asked, and with the scenario. */
  relevance: points,
  /** Whether its sentences hang together. */
  coherence: points,
  /** Of the recording's measures, not of the text; null where nothing was measured. */
  fluency: points.nullable(),
});
export type Rubric = z.infer<typeof rubricSchema>;

/** A mistake in the transcript: `text` stands from `start` to `end`, UTF-16 units. */
export const grammarErrorSchema = z.object({
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
  text: z.string(),
  correction: z.string(),
  /** Its name in a sentence's grammar: “subject-verb agreement”. */
  rule: z.string(),
  explanation: z.string(),
});
export type GrammarError = z.infer<typeof grammarErrorSchema>;

/** The error report and the marks of one turn. */
export const feedbackReportSchema = z.object({
  /** Recognition was poor: nothing is corrected and nothing is marked. */
  uncertain: z.boolean(),
  /** Whether the turn makes sense as an answer. */
  makesSense: z.boolean(),
  errors: z.array(grammarErrorSchema),
  suggestions: z.array(z.string()),
  /** What the person could have said instead; the transcript itself where nothing is to be changed. */
  improved: z.string(),
  /** Null where recognition was too poor to judge. */
  rubric: rubricSchema.nullable(),
  /** What wrote it, honestly: `groq:MODEL`, `builtin-coach`. */
  model: z.string(),
});
export type FeedbackReport = z.infer<typeof feedbackReportSchema>;
