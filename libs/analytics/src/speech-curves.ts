import { SILENCE_DBFS, SPEECH_RATE_HZ } from '@parlance/audio';
import { estimatePitch, PITCH_SPAN } from './pitch.js';

/** Steps of 40 ms: 25 points a second show how a voice rises and falls. */
const STEP_MS = 40;
const STEP = (STEP_MS * SPEECH_RATE_HZ) / 1000;
/** A value that differs from both of its neighbours by more is an octave mistaken, not a voice. */
const MOST_JUMP = 1.25;

/** How pitch and energy run through a recording, for drawing. */
export interface SpeechCurves {
  readonly stepMs: number;
  /** Whole hertz, of each step; null where the sound has no pitch. */
  readonly pitchHz: readonly (number | null)[];
  /** Root mean square of each step, whole dB of full scale. */
  readonly energyDbfs: readonly number[];
}

/** @param samples  16 kHz mono; what is shorter than a step at the end is left out */
export function speechCurves(samples: Float32Array): SpeechCurves {
  const steps = Math.floor(samples.length / STEP);
  const energyDbfs = Array.from({ length: steps }, (_, step) => energyOf(samples, step * STEP));
  const pitches = Array.from({ length: steps }, (_, step) => {
    const begin = Math.max(0, Math.round((step + 0.5) * STEP - PITCH_SPAN / 2));
    return estimatePitch(samples.subarray(begin, begin + PITCH_SPAN)).hz ?? null;
  });
  const pitchHz = pitches.map((hz, step) =>
    hz !== null && [pitches[step - 1], pitches[step + 1]].some((other) => isNear(hz, other))
      ? Math.round(hz)
      : null,
  );
  return { stepMs: STEP_MS, pitchHz, energyDbfs };
}

function isNear(hz: number, other: number | null | undefined): boolean {
  return typeof other === 'number' && Math.max(hz / other, other / hz) <= MOST_JUMP;
}

function energyOf(samples: Float32Array, begin: number): number {
  let sum = 0;
  for (let i = begin; i < begin + STEP; i++) sum += samples[i]! ** 2;
  return sum === 0 ? SILENCE_DBFS : Math.max(SILENCE_DBFS, Math.round(10 * Math.log10(sum / STEP)));
}
