import {
  BEST_MARK,
  CRITERIA,
  type Criterion,
  type TeachingMode,
  type TurnEvaluation,
} from '@parlance/contracts';

export type Marks = Pick<TurnEvaluation, Criterion>;
type Weights = TeachingMode['rubric']['weights'];

/** Of a session whose mode the tenant has deleted since. */
export const EQUAL_WEIGHTS: Weights = { fluency: 0.25, vocabulary: 0.25, grammar: 0.25, pronunciation: 0.25 };

/**
 * The total of some marks by the weights of a rubric. What has no mark has no weight, and the weights of the others grow in
 * proportion, so that nobody loses points by what could not be measured.
 */
export function totalOf(marks: Marks, rubric: Weights): Pick<TurnEvaluation, 'total' | 'weights'> {
  const marked = CRITERIA.filter((criterion) => marks[criterion] !== null);
  const sum = marked.reduce((all, criterion) => all + rubric[criterion], 0);
  const weights = { fluency: 0, vocabulary: 0, grammar: 0, pronunciation: 0 };
  if (sum <= 0) return { total: null, weights };
  let total = 0;
  for (const criterion of marked) {
    weights[criterion] = rubric[criterion] / sum;
    total += (weights[criterion] * (marks[criterion]?.mark ?? 0) * 100) / BEST_MARK;
  }
  return { total: Math.min(100, Math.round(total * 10) / 10), weights };
}
