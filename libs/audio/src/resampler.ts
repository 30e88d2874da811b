import { resamplingFilter, type ResamplingFilter } from './resampling-filter.js';

/** Streaming change of the sample rate by a polyphase windowed sinc; output k lies at k / `toHz` seconds, without delay. */
export class Resampler {
  private readonly filter: ResamplingFilter;
  /** Unread input; its first sample is the first one the next output's first tap reads. */
  private buffer: Float32Array;
  private filled: number;
  private phase = 0;
  private taken = 0;
  private given = 0;

  constructor(fromHz: number, toHz: number) {
    this.filter = resamplingFilter(fromHz, toHz);
    // Silence before the start.
    this.filled = this.filter.lead;
    this.buffer = new Float32Array(this.filter.taps * 2);
  }

  /** Every output whose neighbourhood is complete. */
  push(samples: Float32Array): Float32Array {
    this.taken += samples.length;
    this.append(samples);
    return this.drain(Infinity);
  }

  /** The last outputs, taking silence to follow; the total is then input × ratio, rounded up. */
  end(): Float32Array {
    const { taps, phases, stride } = this.filter;
    this.append(new Float32Array(taps));
    return this.drain(Math.ceil((this.taken * phases) / stride) - this.given);
  }

  private append(samples: Float32Array): void {
    const needed = this.filled + samples.length;
    if (needed > this.buffer.length) {
      const larger = new Float32Array(needed);
      larger.set(this.buffer.subarray(0, this.filled));
      this.buffer = larger;
    }
    this.buffer.set(samples, this.filled);
    this.filled = needed;
  }

  private drain(limit: number): Float32Array {
    const { taps, phases, stride, table } = this.filter;
    const spare = this.filled - taps;
    // Outputs k with floor((phase + k·stride) / phases) ≤ spare.
    const ready = spare < 0 ? 0 : Math.ceil(((spare + 1) * phases - this.phase) / stride);
    const count = Math.max(0, Math.min(ready, limit));
    const result = new Float32Array(count);
    const buffer = this.buffer;
    let position = this.phase;
    for (let k = 0; k < count; k++, position += stride) {
      const whole = Math.floor(position / phases);
      const row = (position - whole * phases) * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += table[row + tap]! * buffer[whole + tap]!;
      result[k] = sum;
    }
    const consumed = Math.min(this.filled, Math.floor(position / phases));
    this.phase = position - consumed * phases;
    buffer.copyWithin(0, consumed, this.filled);
    this.filled -= consumed;
    this.given += count;
    return result;
  }
}
