import { describe, expect, it } from '@jest/globals';
import { ModelStatistics, workerTimes } from './model-statistics.js';

describe('the statistics of a model', () => {
  it('sum what its requests took, and count each row of a batch as an inference', () => {
    const statistics = new ModelStatistics();
    const cost = workerTimes({ stages: { queue: 1, infer: 4 }, decodeRows: [] });
    statistics.note('tagger', { ...cost, success: 6 }, 3, 1_000);
    statistics.note('tagger', { fail: 2 }, 1, 2_000);
    expect(statistics.of('tagger', '1')).toMatchObject({
      name: 'tagger',
      version: '1',
      lastInference: 2_000,
      inferenceCount: 3,
      executionCount: 1,
      inferenceStats: {
        success: { count: 1, ns: 6_000_000 },
        fail: { count: 1, ns: 2_000_000 },
        queue: { count: 1, ns: 1_000_000 },
        computeInfer: { count: 1, ns: 4_000_000 },
      },
    });
  });

  it('are zeros before its first request', () => {
    expect(new ModelStatistics().of('tagger', '1')).toMatchObject({ lastInference: 0, inferenceCount: 0 });
  });
});
