import { randomExponential, randomLogNormal } from 'd3-random';
import { xoroshiro128plus } from 'pure-rand';

/** Random numbers of one purpose, the same for the same seed. */
export interface RandomSource {
  /** In [0, 1). */
  readonly uniform: () => number;
  readonly integerBelow: (limit: number) => number;
  readonly exponential: (mean: number) => number;
  /** By its median and the standard deviation of its logarithm. */
  readonly logNormal: (median: number, sigma: number) => number;
}

/** @param purpose  keeps the numbers of one purpose apart from those of another with the same seed */
export function randomSource(seed: number, purpose: number): RandomSource {
  const generator = xoroshiro128plus(seed * 7919 + purpose);
  const uniform = (): number => (generator.unsafeNext() >>> 0) / 2 ** 32;
  const standardExponential = randomExponential.source(uniform)(1);
  const standardLogNormal = randomLogNormal.source(uniform)(0, 1);
  return {
    uniform,
    integerBelow: (limit) => Math.floor(uniform() * limit),
    exponential: (mean) => mean * standardExponential(),
    logNormal: (median, sigma) => median * standardLogNormal() ** sigma,
  };
}
