import { BYTES_PER_SAMPLE, samplesToFloat, type SampleFormat } from './sample-format.js';

/** Turns a byte stream cut anywhere into whole interleaved frames; a frame split over two chunks is put together. */
export class SampleReader {
  private readonly frameBytes: number;
  private readonly split: Uint8Array;
  private held = 0;

  constructor(
    private readonly format: SampleFormat,
    private readonly channels: number,
  ) {
    this.frameBytes = BYTES_PER_SAMPLE[format] * channels;
    this.split = new Uint8Array(this.frameBytes);
  }

  /** Interleaved samples of every frame completed by `bytes`. */
  read(bytes: Uint8Array): Float32Array {
    const frames = Math.floor((this.held + bytes.length) / this.frameBytes);
    const result = new Float32Array(frames * this.channels);
    let from = 0;
    let written = 0;
    if (this.held > 0) {
      from = Math.min(this.frameBytes - this.held, bytes.length);
      this.split.set(bytes.subarray(0, from), this.held);
      this.held += from;
      if (this.held < this.frameBytes) return result;
      samplesToFloat(this.split, this.format, result);
      written = this.channels;
      this.held = 0;
    }
    const whole = from + Math.floor((bytes.length - from) / this.frameBytes) * this.frameBytes;
    samplesToFloat(bytes.subarray(from, whole), this.format, result, written);
    this.held = bytes.length - whole;
    this.split.set(bytes.subarray(whole));
    return result;
  }
}
