import type { AudioMetadata } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { LiveConversation } from '../live/live-conversation.js';
import { AudioFormat } from './audio-format.js';
import { ChunkOrder, type OrderedChunks } from './chunk-order.js';

/** One chunk as the client numbers it. */
export interface NumberedChunk {
  readonly index: number;
  readonly bytes: Buffer;
  readonly isLast: boolean;
  readonly metadata: AudioMetadata | undefined;
}

/** One recording of a client: its chunks, in order, become the speech of a conversation. */
export class ChunkedRecording {
  readonly format = new AudioFormat();
  private readonly order = new ChunkOrder();
  private lastIndex: number | undefined;
  private passed = 0;

  constructor(private readonly conversation: Pick<LiveConversation, 'push'>) {}

  /** Chunks that were not empty. */
  get chunks(): number {
    return this.passed;
  }

  /** Whether chunks wait for one that has not come. */
  get hasGap(): boolean {
    return this.order.hasGap;
  }

  /** Whether the last chunk, and all before it, have come or are not waited for. */
  get isWhole(): boolean {
    return this.lastIndex !== undefined && this.order.due > this.lastIndex;
  }

  /** Resolves when there is room for more. @returns the indices that are not waited for any more; undefined for a chunk it has
   *  @throws AppError audio.chunk_out_of_sequence, audio.empty, audio.unsupported_format, audio.corrupt */
  async push({ index, bytes, isLast, metadata }: NumberedChunk): Promise<readonly number[] | undefined> {
    if (this.order.has(index)) return undefined;
    if (index === 0) this.format.announce(metadata);
    const ordered = this.order.push(index, bytes);
    if (isLast) this.lastIndex = index;
    const missing = await this.pass(ordered);
    if (bytes.length === 0 && !isLast) throw new AppError('audio.empty', `Chunk ${index} is empty.`);
    return missing;
  }

  /** Passes a recording that comes in one. @throws AppError audio.unsupported_format, audio.corrupt */
  async pushWhole(bytes: Buffer, metadata: AudioMetadata | undefined): Promise<void> {
    this.format.announce(metadata);
    await this.pass({ ready: [bytes], missing: [] });
  }

  /** Waits no longer for the chunks that keep others from being passed. @returns their indices */
  skipGap(): Promise<readonly number[]> {
    return this.pass(this.order.skipGap());
  }

  /** Nothing more will come. @returns the indices of what is missing */
  end(): Promise<readonly number[]> {
    return this.pass(this.order.end());
  }

  private async pass({ ready, missing }: OrderedChunks): Promise<readonly number[]> {
    for (const bytes of ready) {
      if (bytes.length === 0) continue;
      this.passed += 1;
      this.format.check(bytes);
      await this.conversation.push(bytes);
    }
    return missing;
  }
}
