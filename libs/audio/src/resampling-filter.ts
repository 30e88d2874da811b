/**
 * Filters of the rational resampler: a Kaiser-windowed sinc cut into phases (J. O. Smith, "Digital Audio Resampling").
 * 32 zero crossings a side, β 8 (stop-band about −80 dB), cut-off at 0.94 of the lower Nyquist frequency: flat to 6.9 kHz
 * at 16 kHz.
 */
const ZERO_CROSSINGS = 32;
const KAISER_BETA = 8;
const ROLL_OFF = 0.94;
/** Points a zero crossing in the kernel table; linear interpolation between them errs by less than −115 dB. */
const RESOLUTION = 1024;
/** Longest phase table, floats: 2 MiB. Odd rates whose exact ratio needs more get the nearest ratio, off by < 0.005 %. */
const TABLE_LIMIT = 512 * 1024;
/** Tables kept for the next stream of the same rate. */
const CACHED_RATES = 12;

export interface ResamplingFilter {
  /** Input samples a step of `phases` outputs consumes. */
  readonly stride: number;
  readonly phases: number;
  readonly taps: number;
  /** Input samples before an output's own position that its first tap reads. */
  readonly lead: number;
  /** Coefficients of an output that lies p / phases behind an input sample at [p*taps, (p+1)*taps), in input order. */
  readonly table: Float32Array;
}

/** Zeroth-order modified Bessel function of the first kind, by its series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

let kernel: Float64Array | undefined;

/** One side of the windowed sinc at RESOLUTION points a zero crossing of the lower rate. */
function kernelTable(): Float64Array {
  if (kernel) return kernel;
  kernel = new Float64Array(ZERO_CROSSINGS * RESOLUTION + 2);
  const scale = besselI0(KAISER_BETA);
  for (let i = 0; i <= ZERO_CROSSINGS * RESOLUTION; i++) {
    const t = i / RESOLUTION;
    const angle = Math.PI * t * ROLL_OFF;
    const sinc = i === 0 ? 1 : Math.sin(angle) / angle;
    const window = besselI0(KAISER_BETA * Math.sqrt(1 - (t / ZERO_CROSSINGS) ** 2)) / scale;
    kernel[i] = ROLL_OFF * sinc * window;
  }
  return kernel;
}

/** The fraction nearest to n/d whose denominator is at most `limit` (continued fractions, with the last semiconvergent). */
export function nearestFraction(n: number, d: number, limit: number): readonly [number, number] {
  let [p0, q0, p1, q1] = [0, 1, 1, 0];
  let [a, b] = [n, d];
  while (b !== 0) {
    const whole = Math.floor(a / b);
    if (q0 + whole * q1 > limit) {
      const part = Math.floor((limit - q0) / q1);
      const [p2, q2] = [p0 + part * p1, q0 + part * q1];
      return Math.abs(p2 / q2 - n / d) < Math.abs(p1 / q1 - n / d) ? [p2, q2] : [p1, q1];
    }
    [p0, q0, p1, q1] = [p1, q1, p0 + whole * p1, q0 + whole * q1];
    [a, b] = [b, a - whole * b];
  }
  return [p1, q1];
}

function buildFilter(fromHz: number, toHz: number): ResamplingFilter {
  // Downsampling stretches the kernel so that it cuts at the output's Nyquist frequency.
  const stretch = Math.max(1, fromHz / toHz);
  const half = Math.ceil(ZERO_CROSSINGS * stretch);
  const taps = 2 * half;
  const [stride, phases] = nearestFraction(fromHz, toHz, Math.floor(TABLE_LIMIT / taps));
  const points = kernelTable();
  const table = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const fraction = phase / phases;
    for (let tap = 0; tap < taps; tap++) {
      const position = (Math.abs(tap - (half - 1) - fraction) / stretch) * RESOLUTION;
      const index = Math.floor(position);
      if (index >= ZERO_CROSSINGS * RESOLUTION) continue;
      const between = position - index;
      table[phase * taps + tap] = (points[index]! * (1 - between) + points[index + 1]! * between) / stretch;
    }
  }
  return { stride, phases, taps, lead: half - 1, table };
}

const cache = new Map<string, ResamplingFilter>();

/** The filter for a pair of rates; built once, then shared by all streams. */
export function resamplingFilter(fromHz: number, toHz: number): ResamplingFilter {
  const key = `${fromHz}:${toHz}`;
  const known = cache.get(key);
  if (known) return known;
  const filter = buildFilter(fromHz, toHz);
  if (cache.size >= CACHED_RATES) cache.delete(cache.keys().next().value!);
  cache.set(key, filter);
  return filter;
}
