import { AppError } from '@parlance/errors';
import type { Logger } from '@parlance/telemetry';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import type { SessionChunks } from './session-chunks.js';

/** A second of sound: what a crash may lose. */
const CHUNK_BYTES = 1_000 * PCM_BYTES_PER_MS;
/** Seconds that wait for a slow store before the writer does. */
const MOST_WAITING = 8;
const ALIVE_EVERY_MS = 20_000;

interface Waiting {
  readonly time: number;
  readonly pcm: Buffer;
}

export interface RecorderOptions {
  readonly tenant: string;
  readonly session: string;
  /** Index of its first chunk. */
  readonly firstIndex: number;
  /** Sound that has waited so long is stored, however little it is, milliseconds. */
  readonly flushAfterMs?: number;
}

/** Stores the sound of one live session about every second. What a store cannot take just now waits here, a few seconds of
 *  it, and is tried again with what follows; then `write` waits too. */
export class SessionRecorder {
  private parts: Buffer[] = [];
  private bytes = 0;
  private begunAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly waiting: Waiting[] = [];
  private storing: Promise<void> | undefined;
  private nextIndex: number;
  private isClosed = false;
  private readonly alive: NodeJS.Timeout;

  constructor(
    private readonly options: RecorderOptions,
    private readonly chunks: SessionChunks,
    private readonly logger: Logger,
    private readonly now: () => number = Date.now,
  ) {
    this.nextIndex = options.firstIndex;
    this.alive = setInterval(() => this.markAlive(), ALIVE_EVERY_MS);
    this.alive.unref();
  }

  /** Takes 16 kHz mono s16le. Resolves at once while there is room, else when the store has taken some.
   *  @throws AppError store.unavailable where it takes none; the sound is then not recorded, and a later call tries again */
  async write(pcm: Buffer): Promise<void> {
    if (this.isClosed) throw new AppError('request.invalid', 'The recording has ended.');
    if (this.waiting.length >= MOST_WAITING) await this.store();
    if (this.bytes === 0) this.begin();
    this.parts.push(pcm);
    this.bytes += pcm.length;
    if (this.bytes >= CHUNK_BYTES) this.cut();
  }

  /** Resolves when all that was written is stored. Further writes are refused.
   *  @throws AppError store.unavailable; call it again to try again */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.alive);
    this.cut();
    while (this.waiting.length > 0) await this.store();
  }

  private begin(): void {
    this.begunAt = this.now();
    this.timer = setTimeout(() => this.cut(), this.options.flushAfterMs ?? 1_000);
    this.timer.unref();
  }

  /** Makes a chunk of what has come, and has it stored; never throws. */
  private cut(): void {
    clearTimeout(this.timer);
    if (this.bytes === 0) return;
    this.waiting.push({ time: this.begunAt, pcm: Buffer.concat(this.parts) });
    this.parts = [];
    this.bytes = 0;
    this.store().catch((error: unknown) => {
      const { session } = this.options;
      this.logger.warn(
        { err: error, session, waiting: this.waiting.length },
        'a recording could not be stored',
      );
    });
  }

  /** Stores what waits, one chunk after the other; who asks meanwhile waits for the same. */
  private store(): Promise<void> {
    this.storing ??= this.storeAll().finally(() => (this.storing = undefined));
    return this.storing;
  }

  private async storeAll(): Promise<void> {
    for (let [next] = this.waiting; next; [next] = this.waiting) {
      await this.chunks.put(this.options.session, this.nextIndex, next.time, next.pcm);
      this.nextIndex += 1;
      this.waiting.shift();
    }
  }

  /** Silence is no reason for another process to think that this one has died. */
  private markAlive(): void {
    const { tenant, session } = this.options;
    this.chunks.mark(session, { tenant, aliveAt: this.now() }).catch((error: unknown) => {
      this.logger.debug({ err: error, session }, 'a recording was not marked as alive');
    });
  }
}
