/**
 * The recent samples of a stream, addressed by their position since its start. It keeps everything not yet released, grows
 * while more must be kept and shrinks back afterwards, so that an idle stream holds little.
 */
export class RingBuffer {
  private data: Float32Array;
  private oldest = 0;
  private written = 0;

  /** @param initial  samples it holds without growing */
  constructor(private readonly initial: number) {
    this.data = new Float32Array(initial);
  }

  /** Position behind the newest sample. */
  get end(): number {
    return this.written;
  }

  /** Position of the oldest sample still kept. */
  get start(): number {
    return this.oldest;
  }

  get capacity(): number {
    return this.data.length;
  }

  push(samples: Float32Array): void {
    const held = this.written - this.oldest + samples.length;
    if (held > this.data.length) this.resize(Math.max(held, this.data.length * 2));
    const at = this.written % this.data.length;
    const head = Math.min(samples.length, this.data.length - at);
    this.data.set(samples.subarray(0, head), at);
    this.data.set(samples.subarray(head), 0);
    this.written += samples.length;
  }

  /** Samples before `position` are needed no more. */
  release(position: number): void {
    this.oldest = Math.min(this.written, Math.max(this.oldest, position));
    const held = this.written - this.oldest;
    if (this.data.length > this.initial && held <= this.initial / 2) this.resize(this.initial);
  }

  /** A copy of [from, to), cut to what is kept; it owns its memory, so that it can be moved to another thread. */
  slice(from: number, to: number = this.written): Float32Array {
    const first = Math.max(from, this.oldest);
    const last = Math.min(to, this.written);
    const result = new Float32Array(Math.max(0, last - first));
    if (result.length > 0) this.copy(first, result);
    return result;
  }

  private copy(from: number, target: Float32Array): void {
    const at = from % this.data.length;
    const head = Math.min(target.length, this.data.length - at);
    target.set(this.data.subarray(at, at + head));
    target.set(this.data.subarray(0, target.length - head), head);
  }

  private resize(capacity: number): void {
    const kept = this.slice(this.oldest);
    this.data = new Float32Array(capacity);
    const end = this.written;
    this.written = this.oldest;
    this.push(kept);
    this.written = end;
  }
}
