import { AppError } from '@parlance/errors';
import { TenantShares } from '@parlance/resilience';

/** Audio that one recording may hold: about 13 minutes of 16 kHz s16le, and less than remote recognisers refuse. */
const MOST_HELD_BYTES = 24 * 1024 ** 2;
/** Audio that all recordings together may hold. */
const MOST_HELD_IN_ALL_BYTES = 64 * 1024 ** 2;

/** Bounds what all recordings hold for another recogniser; no tenant keeps all of it from the others. */
export class ReplayMemory {
  private used = 0;
  private readonly shares: TenantShares;

  constructor(private readonly limitBytes = MOST_HELD_IN_ALL_BYTES) {
    this.shares = new TenantShares(limitBytes);
  }

  /** @returns whether there was room */
  hold(tenant: string, bytes: number): boolean {
    if (this.used + bytes > this.limitBytes || !this.shares.mayHold(tenant, bytes)) return false;
    this.used += bytes;
    this.shares.hold(tenant, bytes);
    return true;
  }

  giveBack(tenant: string, bytes: number): void {
    this.used -= bytes;
    this.shares.giveBack(tenant, bytes);
  }
}

/** A recording that several recognisers may read one after the other. It is read at once and held while there is room;
 *  where there is none left, the reader of the time gets the rest at its own pace and nobody can read it again. */
export class ReplayableAudio {
  private readonly chunks: Buffer[] = [];
  /** Chunks that are no longer held. */
  private dropped = 0;
  private heldBytes = 0;
  private isFull = false;
  private isOver = false;
  private isClosed = false;
  private changed = Promise.withResolvers<void>();
  private readonly source: AsyncIterator<Buffer>;
  /** What the source threw. */
  fault: unknown;
  /** Bytes that have come. */
  bytes = 0;
  /** Resolves when the source has ended or failed. */
  readonly ended: Promise<void>;

  constructor(
    source: AsyncIterable<Buffer>,
    private readonly tenant: string,
    private readonly memory: ReplayMemory,
    private readonly limitBytes = MOST_HELD_BYTES,
  ) {
    this.source = source[Symbol.asyncIterator]();
    this.ended = this.read();
  }

  /** Whether another recogniser could read it from its start. */
  get isReplayable(): boolean {
    return !this.isFull && !this.isClosed && this.fault === undefined;
  }

  /** The recording from its start. @throws whatever the source throws */
  async *pcm(): AsyncGenerator<Buffer> {
    let position = 0;
    for (;;) {
      const chunk = this.chunks[position - this.dropped];
      if (chunk) {
        position += 1;
        if (this.isFull) this.drop(position);
        yield chunk;
        continue;
      }
      if (this.isFull && position < this.dropped)
        throw new AppError('request.invalid', 'The recording is too long to be read again.');
      if (this.fault !== undefined) throw this.fault;
      if (this.isOver || this.isClosed) return;
      await this.changed.promise;
    }
  }

  /** Ends the source and releases what is held. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.drop(this.dropped + this.chunks.length);
    this.notify();
    await this.source.return?.();
  }

  /** Never rejects: the readers get the source's fault. */
  private async read(): Promise<void> {
    try {
      while (!this.isClosed) {
        const next = await this.source.next();
        if (next.done || this.isClosed) break;
        await this.add(next.value);
      }
    } catch (error) {
      this.fault ??= error;
    }
    this.isOver = true;
    this.notify();
  }

  private async add(chunk: Buffer): Promise<void> {
    const fits =
      this.heldBytes + chunk.length <= this.limitBytes && this.memory.hold(this.tenant, chunk.length);
    if (this.isFull || !fits) {
      if (fits) this.memory.giveBack(this.tenant, chunk.length);
      this.isFull = true;
      while (this.chunks.length > 0 && !this.isClosed) await this.changed.promise;
    } else this.heldBytes += chunk.length;
    if (this.isClosed) return;
    this.bytes += chunk.length;
    this.chunks.push(chunk);
    this.notify();
  }

  /** Forgets the chunks before a position. */
  private drop(position: number): void {
    const gone = this.chunks.splice(0, position - this.dropped);
    this.dropped += gone.length;
    const bytes = Math.min(
      this.heldBytes,
      gone.reduce((sum, { length }) => sum + length, 0),
    );
    this.heldBytes -= bytes;
    this.memory.giveBack(this.tenant, bytes);
    this.notify();
  }

  private notify(): void {
    this.changed.resolve();
    this.changed = Promise.withResolvers<void>();
  }
}
