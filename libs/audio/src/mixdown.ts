/** Energies are remembered for this long, seconds: longer than a period of speech, shorter than a syllable. */
const MEMORY_SECONDS = 0.05;
/** Samples judged together. */
const BLOCK_SECONDS = 0.01;
/** How long the change from the mean to one channel and back takes, so that it does not click. */
const FADE_SECONDS = 0.01;
/** Blocks below −80 dBFS say nothing about phases. */
const SILENT = 1e-8;
/** The mean of `n` unrelated channels keeps 1/n of their mean energy. It cancels where it keeps less than the first part of
 *  that, and no longer where it keeps more than the second. */
const CANCELS_BELOW = 0.2;
const HOLDS_ABOVE = 0.5;

/**
 * Streams channels into one: their mean, as it is usual; where they are of opposite phases, so that the mean would lose
 * most of the energy (10 dB of two channels), the louder channel alone.
 */
export class Mixdown {
  private readonly blockFrames: number;
  private readonly fadeStep: number;
  private readonly energies: Float64Array;
  private meanEnergy = 0;
  /** The channel that stands for all, and its share of the output: 0 is the mean, 1 the channel. */
  private single = 0;
  private share = 0;
  private cancels = false;
  private hasBegun = false;

  constructor(
    private readonly channels: number,
    private readonly sampleRateHz: number,
  ) {
    this.blockFrames = Math.max(1, Math.round(BLOCK_SECONDS * sampleRateHz));
    this.fadeStep = 1 / Math.max(1, Math.round(FADE_SECONDS * sampleRateHz));
    this.energies = new Float64Array(channels);
  }

  /** One sample for each whole frame; mono passes through without a copy. */
  push(interleaved: Float32Array): Float32Array {
    const { channels } = this;
    if (channels === 1) return interleaved;
    const frames = Math.floor(interleaved.length / channels);
    const result = meanOf(interleaved, channels, frames);
    for (let from = 0; from < frames; from += this.blockFrames) {
      const to = Math.min(frames, from + this.blockFrames);
      this.judge(interleaved, result, from, to);
      if (this.cancels || this.share > 0) this.fade(interleaved, result, from, to);
    }
    return result;
  }

  /** Weighs what the mean keeps of the newest frames and decides what they are mixed by. */
  private judge(interleaved: Float32Array, mean: Float32Array, from: number, to: number): void {
    const { channels, energies } = this;
    const block = new Float64Array(channels);
    let ofMean = 0;
    for (let frame = from; frame < to; frame++) {
      ofMean += mean[frame]! ** 2;
      for (let channel = 0; channel < channels; channel++)
        block[channel]! += interleaved[frame * channels + channel]! ** 2;
    }
    const frames = to - from;
    const loudness = block.reduce((sum, energy) => sum + energy, 0) / channels;
    if (loudness / frames < SILENT) return;
    const kept = Math.exp(-frames / (MEMORY_SECONDS * this.sampleRateHz));
    this.meanEnergy = this.meanEnergy * kept + ofMean;
    for (let channel = 0; channel < channels; channel++)
      energies[channel] = energies[channel]! * kept + block[channel]!;
    const total = energies.reduce((sum, energy) => sum + energy, 0) / channels;
    const share = (this.meanEnergy / total) * channels;
    if (this.cancels) this.cancels = share <= HOLDS_ABOVE;
    else if (share < CANCELS_BELOW) {
      this.cancels = true;
      // While another one fades, its channel stays: a change of channels would click.
      if (this.share === 0) this.single = energies.indexOf(Math.max(...energies));
      if (!this.hasBegun) this.share = 1;
    }
    this.hasBegun = true;
  }

  private fade(interleaved: Float32Array, result: Float32Array, from: number, to: number): void {
    const step = this.cancels ? this.fadeStep : -this.fadeStep;
    for (let frame = from; frame < to; frame++) {
      this.share = Math.min(1, Math.max(0, this.share + step));
      const alone = interleaved[frame * this.channels + this.single]!;
      result[frame] = result[frame]! + this.share * (alone - result[frame]!);
    }
  }
}

function meanOf(interleaved: Float32Array, channels: number, frames: number): Float32Array {
  const result = new Float32Array(frames);
  for (let frame = 0, at = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += interleaved[at++]!;
    result[frame] = sum / channels;
  }
  return result;
}
