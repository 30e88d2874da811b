import { SPEECH_RATE_HZ } from '@parlance/audio';

/** Samples that the model sees at once: 9.01 s. */
export const DNSMOS_SAMPLES = 144_160;
/** Distance of two segments, and how many there are at most: a longer recording is rated at places evenly spread over it. */
const HOP = SPEECH_RATE_HZ;
const MOST_SEGMENTS = 8;

/** How listeners would rate a recording, 1 (bad) to 5 (excellent), by the questions of ITU-T P.835. */
export interface DnsmosRatings {
  /** The voice alone. */
  readonly signal: number;
  /** What is not the voice. */
  readonly background: number;
  readonly overall: number;
}

/** What the model says → what listeners say: coefficients of x², x and 1, as published with the model (microsoft/DNS-Challenge, dnsmos_local.py;
 *  PyPI speechmos 0.0.1.1). */
const POLYNOMIALS = {
  signal: [-0.08397278, 1.22083953, 0.0052439],
  background: [-0.13166888, 1.60915514, -0.39604546],
  overall: [-0.06766283, 1.11546468, 0.04602535],
} as const satisfies Record<keyof DnsmosRatings, readonly number[]>;

/**
 * The parts of a recording that the model rates; one that is too short is repeated, as in the published program.
 * @param samples  16 kHz mono, at least one
 * @returns row-major [segments, DNSMOS_SAMPLES]
 */
export function dnsmosSegments(samples: Float32Array): Float32Array {
  const whole = doubled(samples);
  const count = Math.max(1, Math.trunc(Math.floor(whole.length / HOP) - DNSMOS_SAMPLES / HOP) + 1);
  const starts = Array.from({ length: Math.min(count, MOST_SEGMENTS) }, (_, i) =>
    count <= MOST_SEGMENTS ? i : Math.round((i * (count - 1)) / (MOST_SEGMENTS - 1)),
  );
  const segments = new Float32Array(starts.length * DNSMOS_SAMPLES);
  starts.forEach((start, i) =>
    segments.set(whole.subarray(start * HOP, start * HOP + DNSMOS_SAMPLES), i * DNSMOS_SAMPLES),
  );
  return segments;
}

/** @param outputs  of the model: signal, background and overall of each segment, row-major, at least one row
 *  @returns means over the segments */
export function dnsmosRatings(outputs: ArrayLike<number>): DnsmosRatings {
  const segments = outputs.length / 3;
  const mean = (column: number, [square, linear, constant]: readonly [number, number, number]): number =>
    Array.from({ length: segments }, (_, i) => outputs[3 * i + column]!).reduce(
      (sum, x) => sum + (square * x * x + linear * x + constant) / segments,
      0,
    );
  return {
    signal: mean(0, POLYNOMIALS.signal),
    background: mean(1, POLYNOMIALS.background),
    overall: mean(2, POLYNOMIALS.overall),
  };
}

/** The recording behind itself until it is long enough: twice, four times, … */
function doubled(samples: Float32Array): Float32Array {
  let whole = samples;
  while (whole.length < DNSMOS_SAMPLES) {
    const twice = new Float32Array(2 * whole.length);
    twice.set(whole);
    twice.set(whole, whole.length);
    whole = twice;
  }
  return whole;
}
