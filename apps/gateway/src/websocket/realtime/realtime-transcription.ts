import { isDeepStrictEqual } from 'node:util';
import type { RealtimeSessionSettings } from '@parlance/contracts';
import { AppError, toAppError } from '@parlance/errors';
import type { LiveStream } from '../../recognition/live-stream.js';
import { AudioBuffer, type RealtimeClient } from './audio-buffer.js';
import { itemsOf, type ItemSequence } from './buffer-items.js';
import { changedSettings, type RealtimeSettings } from './realtime-settings.js';
import { emptyBuffer } from './realtime-view.js';

/** Between two attempts to be recognised, where the refusal gives no hint. */
const OPEN_AGAIN_MS = 1_000;

export interface TranscriptionOptions {
  /** What the session begins with; its model is the one where an update names none. */
  readonly first: RealtimeSettings;
  readonly isBeta: boolean;
  readonly ffmpegPath: string;
  /** @throws AppError as recognition refuses */
  readonly openStream: (settings: RealtimeSettings) => Promise<LiveStream>;
}

/** What is said on one socket: audio in, items and their transcripts out. At most three streams of recognition are open for it: of the audio
 *  that comes now, of what was committed before, and while settings change the one that is next. */
export class RealtimeTranscription {
  private readonly first: RealtimeSettings;
  private readonly sequence: ItemSequence;
  private settings: RealtimeSettings;
  private current: AudioBuffer | undefined;
  /** Committed, and not yet recognised to its end. */
  private committed: AudioBuffer | undefined;
  /** Where the current buffer begins in all audio that was appended. */
  private fromMs = 0;
  private openAgainAt = 0;

  constructor(
    private readonly client: RealtimeClient,
    private readonly options: TranscriptionOptions,
  ) {
    this.first = options.first;
    this.settings = options.first;
    this.sequence = { previous: null, isBeta: options.isBeta };
    client.over.addEventListener('abort', () => this.discard(), { once: true });
  }

  get currentSettings(): RealtimeSettings {
    return this.settings;
  }

  /** Events have the names of the beta from now on, or no more. */
  speakBeta(isBeta: boolean): void {
    this.sequence.isBeta = isBeta;
  }

  /** Recognises what comes from now on by other settings. Where they cannot be, all stays as it is.
   *  @throws AppError request.invalid; as recognition refuses */
  async update(session: RealtimeSessionSettings): Promise<void> {
    const settings = changedSettings(this.settings, this.first, session);
    const current = this.openBuffer();
    if (current && isDeepStrictEqual(settings, this.settings)) return;
    const detectsTurns = this.settings.turnDetection !== null;
    if (current && !detectsTurns && current.audioMs > 0) {
      const text = 'The input audio buffer has audio of the settings before; commit or clear it first.';
      throw new AppError('request.invalid', text);
    }
    const next = await this.open(settings, this.fromMs + (current?.audioMs ?? 0));
    try {
      if (current) await this.finish(current, () => current.end());
    } finally {
      this.settings = settings;
      this.current = next;
    }
  }

  /** Resolves when there is room for more. Where recognition has broken off it begins anew; what comes until then is lost.
   *  @throws AppError as recognition refuses, once for each attempt; audio.corrupt, quota.audio_exceeded */
  async append(audio: Buffer): Promise<void> {
    if (!this.openBuffer() && performance.now() < this.openAgainAt) return;
    const current = this.current ?? (await this.openAgain());
    try {
      await current.push(audio);
    } catch (error) {
      await this.finish(current, () => current.end());
      if (toAppError(error).retryable) this.wait(error);
      throw error;
    }
  }

  /** What was appended becomes an item. @param eventId  of the client's event
   *  @throws AppError audio.empty */
  async commit(eventId: string | undefined): Promise<void> {
    const current = this.openBuffer();
    if (!current || current.audioMs === 0) throw emptyBuffer();
    await this.finish(current, () => current.commit(eventId));
  }

  /** Forgets what was appended and is no item yet. */
  clear(): void {
    const current = this.openBuffer();
    if (current) this.drop(current);
  }

  /** Recognises what was said to its end. What the client would have had to commit is no item. */
  async end(): Promise<void> {
    const current = this.openBuffer();
    if (current && this.settings.turnDetection !== null) await this.finish(current, () => current.end());
    else this.clear();
    await this.committed?.done;
  }

  /** The client has left. Never rejects. */
  async abandon(): Promise<void> {
    this.discard();
    await Promise.all([this.current?.done, this.committed?.done]);
  }

  /** At once, since whoever waits for what was committed waits for nothing now. */
  private discard(): void {
    this.current?.discard();
    this.committed?.discard();
  }

  private openBuffer(): AudioBuffer | undefined {
    const { current } = this;
    if (current?.isOver) this.leaveBuffer(current);
    return this.current;
  }

  private async open(settings: RealtimeSettings, fromMs: number): Promise<AudioBuffer> {
    const stream = await this.options.openStream(settings);
    const items = itemsOf(settings, this.sequence, fromMs);
    return new AudioBuffer(stream, this.client, { settings, items, ffmpegPath: this.options.ffmpegPath });
  }

  private async openAgain(): Promise<AudioBuffer> {
    try {
      return (this.current = await this.open(this.settings, this.fromMs));
    } catch (error) {
      return this.wait(error);
    }
  }

  private async finish(buffer: AudioBuffer, end: () => Promise<void>): Promise<void> {
    await this.committed?.done;
    this.leaveBuffer(buffer);
    this.committed = buffer;
    await end();
  }

  private drop(buffer: AudioBuffer): void {
    this.leaveBuffer(buffer);
    buffer.discard();
  }

  private leaveBuffer(buffer: AudioBuffer): void {
    this.fromMs += buffer.audioMs;
    this.current = undefined;
  }

  /** Tries no more for a while. @throws what it is given */
  private wait(error: unknown): never {
    const { retryAfterSeconds } = toAppError(error);
    this.openAgainAt = performance.now() + (retryAfterSeconds ?? OPEN_AGAIN_MS / 1_000) * 1_000;
    throw error;
  }
}
