import { z } from 'zod';

/** What a turn is marked by; the rubric of a teaching mode weighs them. */
export const CRITERIA = ['fluency', 'vocabulary', 'grammar', 'pronunciation'] as const;
export type Criterion = (typeof CRITERIA)[number];

/** The scale of a mark. */
export const BEST_MARK = 5;

export const criterionMarkSchema = z.object({
  mark: z.number().min(0).max(BEST_MARK),
  /** What the mark is based on: quotes, each of which occurs in the transcript as it stands. */
  evidence: z.array(z.string()),
});
export type CriterionMark = z.infer<typeof criterionMarkSchema>;

/** Null where nothing was measured, or nothing can judge it in the turn's language. */
const judged = criterionMarkSchema.nullable();
const share = z.number().min(0).max(1);

/** How well a turn was said, by the rubric of the session's teaching mode. */
export const turnEvaluationSchema = z.object({
  fluency: judged,
  vocabulary: judged,
  grammar: judged,
  pronunciation: judged,
  /** 0 to 100: the marks by their weights, as a share of the best; null where nothing that has weight was marked. */
  total: z.number().min(0).max(100).nullable(),
  /** The rubric's weights as they count in `total`: 0 for what has no mark, the others in proportion, 1 together. */
  weights: z.object({ fluency: share, vocabulary: share, grammar: share, pronunciation: share }),
  /** Code of the teaching mode whose rubric it is. */
  mode: z.string(),
  /** What marked the words: `groq:MODEL`, `builtin-coach`. Fluency and pronunciation are always measured. */
  model: z.string(),
});
export type TurnEvaluation = z.infer<typeof turnEvaluationSchema>;
