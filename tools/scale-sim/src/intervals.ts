import { randomSource } from './random.js';

/** A figure over several seeds, with the interval that has it in 95 of 100 cases. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;

export function meanOf(values: readonly number[]): Estimate {
  return estimate(
    values.length,
    (seeds) => seeds.reduce((sum, seed) => sum + values[seed]!, 0) / seeds.length,
  );
}

/** Sum over sum, the values of one seed staying together: the same load was played to both. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Estimate {
  const sum = (values: readonly number[], seeds: readonly number[]): number =>
    seeds.reduce((total, seed) => total + values[seed]!, 0);
  return estimate(ours.length, (seeds) => {
    const [above, below] = [sum(ours, seeds), sum(theirs, seeds)];
    return above === 0 ? 0 : above / below;
  });
}

/** The percentile bootstrap: seeds are drawn again, with repetition. */
function estimate(count: number, statistic: (seeds: readonly number[]) => number): Estimate {
  const random = randomSource(count, 9);
  const resampled = Float64Array.from({ length: RESAMPLES }, () =>
    statistic(Array.from({ length: count }, () => random.integerBelow(count))),
  ).sort();
  const at = (share: number): number => resampled[Math.round(share * (RESAMPLES - 1))]!;
  return {
    value: statistic(Array.from({ length: count }, (_, seed) => seed)),
    low: at(0.025),
    high: at(0.975),
  };
}
