import type { InferStatistics__Output } from '@parlance/contracts/proto/inference/InferStatistics';
import type { ModelStatistics__Output } from '@parlance/contracts/proto/inference/ModelStatistics';
import type { StatisticDuration__Output } from '@parlance/contracts/proto/inference/StatisticDuration';

const PARTS = ['success', 'fail', 'queue', 'computeInput', 'computeInfer', 'computeOutput'] as const;

/** What pods say of their models as one: counts are added up, each model once. */
export function sumOf(told: readonly ModelStatistics__Output[]): ModelStatistics__Output[] {
  const sums = new Map<string, ModelStatistics__Output>();
  for (const one of told) {
    const sum = sums.get(one.name);
    sums.set(one.name, sum ? added(sum, one) : one);
  }
  return [...sums.values()];
}

function added(left: ModelStatistics__Output, right: ModelStatistics__Output): ModelStatistics__Output {
  const parts = PARTS.map((part) => [
    part,
    durationsOf(left.inferenceStats?.[part] ?? null, right.inferenceStats?.[part] ?? null),
  ]);
  return {
    ...left,
    lastInference: Math.max(left.lastInference, right.lastInference),
    inferenceCount: left.inferenceCount + right.inferenceCount,
    executionCount: left.executionCount + right.executionCount,
    inferenceStats: Object.fromEntries(parts) as InferStatistics__Output,
  };
}

function durationsOf(
  left: StatisticDuration__Output | null,
  right: StatisticDuration__Output | null,
): StatisticDuration__Output {
  return { count: (left?.count ?? 0) + (right?.count ?? 0), ns: (left?.ns ?? 0) + (right?.ns ?? 0) };
}
