import { SPEECH_RATE_HZ } from '@parlance/audio';

/** Voices from a low man's to a child's. */
const LOWEST_HZ = 70;
const HIGHEST_HZ = 400;
const SHORTEST_LAG = Math.floor(SPEECH_RATE_HZ / HIGHEST_HZ);
const LONGEST_LAG = Math.ceil(SPEECH_RATE_HZ / LOWEST_HZ);
/** The stretch that is compared with itself, later. */
const WINDOW = 400;
/** Samples one estimate looks at: 39 ms. */
export const PITCH_SPAN = WINDOW + LONGEST_LAG;
/** A dip below this is a period (YIN's absolute threshold, a little above its authors' 0.1: speech over a line is noisier). */
const DIP = 0.2;
/** Below this mean square there is nothing to compare. */
const SILENCE = 1e-7;

export interface PitchEstimate {
  /** Undefined where the sound has no period: silence, hiss, the noise of s and f. */
  readonly hz: number | undefined;
  /** How well the sound repeats itself, 0 to 1; above about 0.8 it is voiced. */
  readonly periodicity: number;
}

/**
 * Fundamental frequency of one stretch (YIN: de Cheveigné and Kawahara, 2002; without its last step, the best local estimate).
 * @param samples  `PITCH_SPAN` samples at 16 kHz; what is more is not looked at
 */
export function estimatePitch(samples: Float32Array): PitchEstimate {
  let energy = 0;
  for (let i = 0; i < WINDOW; i++) energy += (samples[i] ?? 0) ** 2;
  if (samples.length < PITCH_SPAN || energy / WINDOW < SILENCE) return { hz: undefined, periodicity: 0 };
  // Of the sound and itself `lag` samples later, over its mean for all shorter lags (equation 8).
  const difference = new Float64Array(LONGEST_LAG + 1);
  let [sum, best] = [0, SHORTEST_LAG];
  for (let lag = 1; lag <= LONGEST_LAG; lag++) {
    const squares = squaredDifference(samples, lag);
    sum += squares;
    difference[lag] = sum === 0 ? 1 : (squares * lag) / sum;
    const last = lag - 1;
    if (last < SHORTEST_LAG) continue;
    if (difference[last]! < difference[best]!) best = last;
    // The first dip that is deep enough, not the deepest: that may be two periods.
    if (difference[last]! < DIP && difference[lag]! >= difference[last]!) {
      best = last;
      break;
    }
  }
  const periodicity = Math.max(0, 1 - difference[best]!);
  if (difference[best]! >= DIP) return { hz: undefined, periodicity };
  return { hz: SPEECH_RATE_HZ / refined(difference, best), periodicity };
}

/** Added up in four sums: an addition waits for the one before it to the same sum. */
function squaredDifference(samples: Float32Array, lag: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let i = 0; i < WINDOW; i += 4) {
    const a = samples[i]! - samples[i + lag]!;
    const b = samples[i + 1]! - samples[i + lag + 1]!;
    const c = samples[i + 2]! - samples[i + lag + 2]!;
    const d = samples[i + 3]! - samples[i + lag + 3]!;
    first += a * a;
    second += b * b;
    third += c * c;
    fourth += d * d;
  }
  return first + second + third + fourth;
}

/** The dip between three lags, by the parabola through them. */
function refined(difference: Float64Array, lag: number): number {
  const [before, at, after] = [difference[lag - 1]!, difference[lag]!, difference[lag + 1]!];
  const curvature = before - 2 * at + after;
  return curvature <= 0 ? lag : lag + (before - after) / (2 * curvature);
}
