/** Loudness as people perceive it, ITU-R BS.1770-5 (2023) and EBU Tech 3341, of one channel. */

const BLOCK_SECONDS = 0.4;
/** Blocks overlap by three quarters. */
const STEPS_A_BLOCK = 4;
const ABSOLUTE_GATE_LUFS = -70;
/** Blocks this far below the loudness of all that pass the absolute gate do not count, LU. */
const RELATIVE_GATE_LU = -10;
const OFFSET_LUFS = -0.691;

/** A filter of second order; b and a are normalised, a0 = 1. */
interface Biquad {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

/**
 * Integrated loudness in LUFS.
 * @param samples  one channel, full scale 1
 * @returns undefined where the recording is shorter than a block of 400 ms or nothing in it is louder than −70 LUFS
 */
export function integratedLoudness(samples: Float32Array, sampleRateHz: number): number | undefined {
  const powers = blockPowers(samples, sampleRateHz);
  const audible = powers.filter((power) => loudnessOf(power) > ABSOLUTE_GATE_LUFS);
  if (audible.length === 0) return undefined;
  const gate = loudnessOf(mean(audible)) + RELATIVE_GATE_LU;
  return loudnessOf(mean(audible.filter((power) => loudnessOf(power) > gate)));
}

function loudnessOf(power: number): number {
  return OFFSET_LUFS + 10 * Math.log10(power);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean square of each block of the weighted signal; what is left at the end is no block. */
function blockPowers(samples: Float32Array, sampleRateHz: number): number[] {
  const step = Math.round((BLOCK_SECONDS * sampleRateHz) / STEPS_A_BLOCK);
  const energies: number[] = [];
  const weigh = kWeighting(sampleRateHz);
  for (let start = 0; start + step <= samples.length; start += step) {
    let energy = 0;
    for (let i = start; i < start + step; i++) energy += weigh(samples[i]!) ** 2;
    energies.push(energy);
  }
  return Array.from({ length: Math.max(0, energies.length - STEPS_A_BLOCK + 1) }, (_, i) => {
    const block = energies.slice(i, i + STEPS_A_BLOCK);
    return block.reduce((sum, energy) => sum + energy, 0) / (STEPS_A_BLOCK * step);
  });
}

/** The head's shelf and the ear's high pass, one sample after the other. The standard lists coefficients for 48 kHz; those of other rates
 *  follow from the analogue filters behind them (B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", 2018). */
function kWeighting(sampleRateHz: number): (sample: number) => number {
  const filters = [highShelf(sampleRateHz), highPass(sampleRateHz)].map(runner);
  return (sample) => filters.reduce((value, filter) => filter(value), sample);
}

function highShelf(sampleRateHz: number): Biquad {
  const [hz, decibels, q] = [1681.974450955533, 3.999843853973347, 0.7071752369554196];
  const k = Math.tan((Math.PI * hz) / sampleRateHz);
  const high = 10 ** (decibels / 20);
  const middle = high ** 0.4996667741545416;
  const a0 = 1 + k / q + k * k;
  return {
    b: [
      (high + (middle * k) / q + k * k) / a0,
      (2 * (k * k - high)) / a0,
      (high - (middle * k) / q + k * k) / a0,
    ],
    a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
  };
}

function highPass(sampleRateHz: number): Biquad {
  const [hz, q] = [38.13547087602444, 0.5003270373238773];
  const k = Math.tan((Math.PI * hz) / sampleRateHz);
  const a0 = 1 + k / q + k * k;
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] };
}

function runner({ b, a }: Biquad): (sample: number) => number {
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return (x) => {
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  };
}
