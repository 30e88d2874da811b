import { melFilters, SPEECH_RATE_HZ } from '@parlance/audio';
import { FOURIER_LENGTH, Fourier } from './fourier.js';

/** Smart Turn's input: the last 8 s. */
export const TURN_SAMPLES = 8 * SPEECH_RATE_HZ;
export const TURN_BANDS = 80;
export const TURN_FRAMES = 800;

const HOP = 160;
const HALF = FOURIER_LENGTH / 2;
const BINS = HALF + 1;
const FLOOR = 1e-10;
/** Against the division by 0 of silence (transformers, WhisperFeatureExtractor). */
const VARIANCE_EPSILON = 1e-7;

/** Periodic Hann window. */
const WINDOW = Float64Array.from(
  { length: FOURIER_LENGTH },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FOURIER_LENGTH),
);

interface Band {
  readonly from: number;
  readonly weights: Float32Array;
}

/** A filter covers few bins: the zeros beside them are left out. */
const BANDS: readonly Band[] = bandsOf(melFilters(TURN_BANDS));

function bandsOf(filters: Float32Array): Band[] {
  return Array.from({ length: TURN_BANDS }, (_, band) => {
    const row = filters.subarray(band * BINS, (band + 1) * BINS);
    const from = row.findIndex((weight) => weight > 0);
    const to = row.findLastIndex((weight) => weight > 0) + 1;
    return { from, weights: row.slice(from, to) };
  });
}

/**
 * Smart Turn's input: the log-mel of Whisper over 8 s, of samples with zero mean and unit variance (transformers,
 * WhisperFeatureExtractor with do_normalize and chunk_length 8).
 * @param samples  16 kHz mono; its last 8 s count, and silence goes before what is shorter
 * @returns [80, 800], row by row
 */
export function turnFeatures(samples: Float32Array): Float32Array {
  const { signal, speechFrom } = normalised(samples);
  const features = new Float32Array(TURN_BANDS * TURN_FRAMES);
  const power = new PowerSpectra(signal);
  // Frames within the silence before are all alike.
  const firstFrame = Math.max(0, Math.floor((speechFrom - HALF) / HOP));
  for (let frame = firstFrame; frame < TURN_FRAMES; frame += 2) {
    power.of(frame);
    fill(features, frame, power.first);
    if (frame + 1 < TURN_FRAMES) fill(features, frame + 1, power.second);
  }
  for (let band = 0; band < TURN_BANDS; band++) {
    const row = band * TURN_FRAMES;
    features.fill(features[row + firstFrame]!, row, row + firstFrame);
  }
  return scaled(features);
}

/** The last 8 s with zero mean and unit variance, mirrored by half a window at both ends. */
function normalised(samples: Float32Array): { signal: Float64Array; speechFrom: number } {
  const kept = samples.subarray(Math.max(0, samples.length - TURN_SAMPLES));
  const speechFrom = TURN_SAMPLES - kept.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < kept.length; i++) {
    sum += kept[i]!;
    squares += kept[i]! * kept[i]!;
  }
  const mean = sum / TURN_SAMPLES;
  const scale = 1 / Math.sqrt(Math.max(0, squares / TURN_SAMPLES - mean * mean) + VARIANCE_EPSILON);
  const signal = new Float64Array(TURN_SAMPLES + 2 * HALF).fill(-mean * scale);
  for (let i = 0; i < kept.length; i++) signal[HALF + speechFrom + i] = (kept[i]! - mean) * scale;
  const end = HALF + TURN_SAMPLES - 1;
  for (let i = 1; i <= HALF; i++) {
    signal[HALF - i] = signal[HALF + i]!;
    signal[end + i] = signal[end - i]!;
  }
  return { signal, speechFrom };
}

/** Power spectra of frames, two by one transform: one frame is its real part, the next the imaginary one. */
class PowerSpectra {
  readonly first = new Float64Array(BINS);
  readonly second = new Float64Array(BINS);
  private readonly fourier = new Fourier();
  private readonly real = new Float64Array(FOURIER_LENGTH);
  private readonly imaginary = new Float64Array(FOURIER_LENGTH);

  constructor(private readonly signal: Float64Array) {}

  of(frame: number): void {
    const { signal, real, imaginary, fourier, first, second } = this;
    const from = frame * HOP;
    for (let i = 0; i < FOURIER_LENGTH; i++) {
      real[i] = signal[from + i]! * WINDOW[i]!;
      imaginary[i] = (signal[from + HOP + i] ?? 0) * WINDOW[i]!;
    }
    fourier.transform(real, imaginary);
    for (let bin = 0; bin < BINS; bin++) {
      const mirrored = (FOURIER_LENGTH - bin) % FOURIER_LENGTH;
      const [re, im] = [fourier.real[bin]!, fourier.imaginary[bin]!];
      const [mirroredRe, mirroredIm] = [fourier.real[mirrored]!, fourier.imaginary[mirrored]!];
      first[bin] = ((re + mirroredRe) ** 2 + (im - mirroredIm) ** 2) / 4;
      second[bin] = ((im + mirroredIm) ** 2 + (mirroredRe - re) ** 2) / 4;
    }
  }
}

/** log10 of the mel energies of one frame. */
function fill(features: Float32Array, frame: number, power: Float64Array): void {
  for (let band = 0; band < TURN_BANDS; band++) {
    const { from, weights } = BANDS[band]!;
    let energy = 0;
    for (let i = 0; i < weights.length; i++) energy += weights[i]! * power[from + i]!;
    features[band * TURN_FRAMES + frame] = Math.log10(Math.max(FLOOR, energy));
  }
}

/** Clamped eight decades below the loudest value and scaled, as Whisper's encoder was trained (openai/whisper, audio.py). */
function scaled(features: Float32Array): Float32Array {
  let loudest = -Infinity;
  for (let i = 0; i < features.length; i++) if (features[i]! > loudest) loudest = features[i]!;
  const least = loudest - 8;
  for (let i = 0; i < features.length; i++) features[i] = (Math.max(features[i]!, least) + 4) / 4;
  return features;
}
