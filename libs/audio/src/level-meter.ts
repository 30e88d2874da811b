/** From here on a sample counts as full scale: the largest two steps of 16 bits. */
const FULL_SCALE = 32766 / 32768;

/** Lowest level reported, dBFS: below 16-bit noise. */
export const SILENCE_DBFS = -100;

/** Ratio of amplitudes to dBFS, not below `SILENCE_DBFS`. */
export function toDbfs(amplitude: number): number {
  return amplitude <= 1e-5 ? SILENCE_DBFS : 20 * Math.log10(amplitude);
}

/** Running level of a signal: root mean square, peak, share of samples at full scale. */
export class LevelMeter {
  private sumOfSquares = 0;
  private highest = 0;
  private clipped = 0;
  private counted = 0;

  add(samples: Float32Array): void {
    let sum = 0;
    let highest = this.highest;
    let clipped = 0;
    for (let i = 0; i < samples.length; i++) {
      const magnitude = Math.abs(samples[i]!);
      sum += magnitude * magnitude;
      if (magnitude > highest) highest = magnitude;
      if (magnitude >= FULL_SCALE) clipped++;
    }
    this.sumOfSquares += sum;
    this.highest = highest;
    this.clipped += clipped;
    this.counted += samples.length;
  }

  /** Samples pushed. */
  get count(): number {
    return this.counted;
  }

  get rmsDbfs(): number {
    return this.counted === 0 ? SILENCE_DBFS : toDbfs(Math.sqrt(this.sumOfSquares / this.counted));
  }

  get peakDbfs(): number {
    return toDbfs(this.highest);
  }

  /** 0..1 */
  get clippingRatio(): number {
    return this.counted === 0 ? 0 : this.clipped / this.counted;
  }
}
