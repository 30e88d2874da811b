import { AppError } from '@parlance/errors';

/** Chunks that come before their turn are held, so many and so many bytes of them at most. */
const WINDOW = 64;
const MAX_HELD_BYTES = 4 * 1024 ** 2;
/** A client whose numbers jump further has lost count. */
const MAX_JUMP = 1_000;

/** What a chunk has brought: chunks in their order, and the indices that are not waited for any more. */
export interface OrderedChunks {
  readonly ready: readonly Buffer[];
  readonly missing: readonly number[];
}

/** Puts the numbered chunks of one recording in order: repeated ones are dropped, early ones wait for those before them, within
 *  bounds. */
export class ChunkOrder {
  private readonly held = new Map<number, Buffer>();
  private heldBytes = 0;
  private next = 0;

  /** Whether chunks wait for one that has not come. */
  get hasGap(): boolean {
    return this.held.size > 0;
  }

  /** The index that is due. */
  get due(): number {
    return this.next;
  }

  has(index: number): boolean {
    return index < this.next || this.held.has(index);
  }

  /** @param index  one that it does not have
   *  @throws AppError audio.chunk_out_of_sequence */
  push(index: number, bytes: Buffer): OrderedChunks {
    if (index > this.next + MAX_JUMP)
      throw new AppError(
        'audio.chunk_out_of_sequence',
        `Chunk ${index} came while ${this.next} is due: number the chunks of a recording from 0.`,
      );
    this.held.set(index, bytes);
    this.heldBytes += bytes.length;
    const ready: Buffer[] = [];
    const missing: number[] = [];
    this.release(ready);
    // Too much is held, or the chunk is too far ahead: what is due is not waited for.
    while (this.hasGap && (index >= this.next + WINDOW || this.heldBytes > MAX_HELD_BYTES))
      this.skip(ready, missing);
    return { ready, missing };
  }

  /** Waits no longer for the chunks that keep others from being ready. */
  skipGap(): OrderedChunks {
    const ready: Buffer[] = [];
    const missing: number[] = [];
    if (this.hasGap) this.skip(ready, missing);
    return { ready, missing };
  }

  /** Nothing more will come. */
  end(): OrderedChunks {
    const ready: Buffer[] = [];
    const missing: number[] = [];
    while (this.hasGap) this.skip(ready, missing);
    return { ready, missing };
  }

  private skip(ready: Buffer[], missing: number[]): void {
    while (!this.held.has(this.next)) missing.push(this.next++);
    this.release(ready);
  }

  private release(ready: Buffer[]): void {
    for (let bytes = this.held.get(this.next); bytes; bytes = this.held.get(this.next)) {
      this.held.delete(this.next);
      this.heldBytes -= bytes.length;
      this.next += 1;
      ready.push(bytes);
    }
  }
}
