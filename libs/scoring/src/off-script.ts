/**
 * Whether something else was spoken than the expected text: the text is hardly likelier with the recording than with noise in its stead.
 *
 * The ratio leaves out how usual a text is, and how well a learner pronounces it counts little. Of 150 recordings of learners
 * (speechocean762; accuracy 3.6 to 9.6 of 10) 1 % have less than 0.92 with their own text; with the text of another recording 99 % have
 * less than 0.74, and none more than 1.03.
 */
const LEAST_LOG_RATIO = 0.85;

/** @param tokenLogs  natural logarithms of the probability of each token of the text, by word, given the recording
 *  @param noiseLogs  the same given noise
 *  @returns the mean of their differences, nats a token */
export function meanLogRatio(
  tokenLogs: readonly (readonly number[])[],
  noiseLogs: readonly (readonly number[])[],
): number {
  const [own, noise] = [tokenLogs.flat(), noiseLogs.flat()];
  return own.reduce((sum, log, i) => sum + log - noise[i]!, 0) / own.length;
}

export function isOffScript(
  tokenLogs: readonly (readonly number[])[],
  noiseLogs: readonly (readonly number[])[],
): boolean {
  return meanLogRatio(tokenLogs, noiseLogs) < LEAST_LOG_RATIO;
}

const NOISE_SAMPLES = 32_000;
const AMPLITUDE = 0.01;

/** Two seconds of white noise, always the same (Numerical Recipes' linear congruential generator). */
export function whiteNoise(): Float32Array {
  let state = 1;
  return Float32Array.from({ length: NOISE_SAMPLES }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * AMPLITUDE;
  });
}
