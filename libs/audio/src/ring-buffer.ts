/** The last samples of a stream, addressed by their position since its start. */
export class RingBuffer {
  private readonly data: Float32Array;
  private written = 0;

  /** @param capacity  samples kept */
  constructor(readonly capacity: number) {
    this.data = new Float32Array(capacity);
  }

  /** Position behind the newest sample. */
  get end(): number {
    return this.written;
  }

  /** Position of the oldest sample still kept. */
  get start(): number {
    return Math.max(0, this.written - this.capacity);
  }

  push(samples: Float32Array): void {
    const kept = samples.length > this.capacity ? samples.subarray(samples.length - this.capacity) : samples;
    const at = (this.written + samples.length - kept.length) % this.capacity;
    const head = Math.min(kept.length, this.capacity - at);
    this.data.set(kept.subarray(0, head), at);
    this.data.set(kept.subarray(head), 0);
    this.written += samples.length;
  }

  /** A copy of [from, to), cut to what is kept; it owns its memory, so that it can be moved to another thread. */
  slice(from: number, to: number = this.written): Float32Array {
    const first = Math.max(from, this.start);
    const last = Math.min(to, this.written);
    const result = new Float32Array(Math.max(0, last - first));
    if (result.length === 0) return result;
    const at = first % this.capacity;
    const head = Math.min(result.length, this.capacity - at);
    result.set(this.data.subarray(at, at + head));
    result.set(this.data.subarray(0, result.length - head), head);
    return result;
  }
}
