import { VAD_FRAME_SAMPLES } from '@parlance/vad';

/** What is kept of one VAD frame (32 ms) to measure speech by. */
export interface FrameMeasures {
  /** Speech probability. */
  readonly probability: number;
  readonly sumOfSquares: number;
  readonly peak: number;
  /** Samples at full scale. */
  readonly clipped: number;
}

/** The largest two steps of 16 bits count as full scale. */
const FULL_SCALE = 32766 / 32768;

/** @param samples  one frame */
export function measureFrame(samples: Float32Array, probability: number): FrameMeasures {
  let sumOfSquares = 0;
  let peak = 0;
  let clipped = 0;
  for (let i = 0; i < samples.length; i++) {
    const magnitude = Math.abs(samples[i]!);
    sumOfSquares += magnitude * magnitude;
    if (magnitude > peak) peak = magnitude;
    if (magnitude >= FULL_SCALE) clipped++;
  }
  return { probability, sumOfSquares, peak, clipped };
}

/** Cuts a signal into VAD frames and measures each; samples of an incomplete frame wait for the next call. */
export class FrameMeter {
  private readonly incomplete = new Float32Array(VAD_FRAME_SAMPLES);
  private filled = 0;

  /** @param probabilities  one for every frame that `samples` completes */
  add(samples: Float32Array, probabilities: Float32Array): FrameMeasures[] {
    const frames: FrameMeasures[] = [];
    for (let read = 0; read < samples.length;) {
      const room = VAD_FRAME_SAMPLES - this.filled;
      const part = samples.subarray(read, read + room);
      read += part.length;
      if (this.filled === 0 && part.length === VAD_FRAME_SAMPLES) {
        frames.push(measureFrame(part, probabilities[frames.length] ?? 0));
        continue;
      }
      this.incomplete.set(part, this.filled);
      this.filled += part.length;
      if (this.filled < VAD_FRAME_SAMPLES) break;
      frames.push(measureFrame(this.incomplete, probabilities[frames.length] ?? 0));
      this.filled = 0;
    }
    return frames;
  }
}
