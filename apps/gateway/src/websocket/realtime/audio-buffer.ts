import type { RealtimeEvent } from '@parlance/contracts';
import { SpokenAudio } from '../../live/spoken-audio.js';
import type { LiveStream } from '../../recognition/live-stream.js';
import type { ClientSocket } from '../client-socket.js';
import type { BufferItems } from './buffer-items.js';
import { audioMs, spokenFormat, type RealtimeSettings } from './realtime-settings.js';

/** Inference ends a stream that is silent for three times as long. */
const KEEP_ALIVE_MS = 10_000;

/** What a session tells its client by. */
export type RealtimeClient = Pick<ClientSocket, 'send' | 'fail' | 'over'>;

export interface AudioBufferOptions {
  readonly settings: RealtimeSettings;
  readonly items: BufferItems;
  readonly ffmpegPath: string;
}

/** The input audio buffer from one commit of the client to the next: it holds no audio, since inference recognises it as it comes. */
export class AudioBuffer {
  /** Resolves when the client was told all that comes of it. Never rejects. */
  readonly done: Promise<void>;
  private readonly audio: SpokenAudio;
  private readonly alive: NodeJS.Timeout;
  private bytes = 0;
  private isDiscarded = false;
  private hasEnded = false;

  constructor(
    private readonly stream: LiveStream,
    private readonly client: RealtimeClient,
    private readonly options: AudioBufferOptions,
  ) {
    const { settings, ffmpegPath } = options;
    this.audio = new SpokenAudio(spokenFormat(settings), ffmpegPath, false, stream, client);
    this.alive = setInterval(() => this.keepAlive(), KEEP_ALIVE_MS);
    this.done = this.pass()
      .catch((error: unknown) => client.fail(error))
      .finally(() => this.release());
  }

  /** Milliseconds that were pushed. */
  get audioMs(): number {
    return audioMs(this.options.settings, this.bytes);
  }

  /** Whether it takes no more audio, because recognition has ended. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** Resolves when there is room for more.
   *  @throws AppError audio.corrupt, quota.audio_exceeded */
  async push(audio: Buffer): Promise<void> {
    await this.audio.push(audio);
    this.bytes += audio.length;
  }

  /** The client commits: what was pushed is recognised to its end. @param eventId  of the client's event */
  async commit(eventId: string | undefined): Promise<void> {
    await this.tell(this.options.items.committed(eventId));
    await this.end();
  }

  /** No more audio comes; what was pushed is recognised to its end. */
  async end(): Promise<void> {
    try {
      await this.audio.end();
    } finally {
      this.stream.end();
    }
  }

  /** Nothing more is told of it. */
  discard(): void {
    this.isDiscarded = true;
    this.stream.cancel();
    this.release();
  }

  private async pass(): Promise<void> {
    const { items } = this.options;
    try {
      for await (const event of this.stream) await this.tell(items.recognized(event));
      await this.tell(items.ended(this.audioMs));
    } catch (error) {
      await this.tell(items.failed(error));
    }
  }

  private async tell(events: readonly RealtimeEvent[]): Promise<void> {
    for (const event of events) if (!this.isDiscarded) await this.client.send(event);
  }

  private keepAlive(): void {
    // Where the stream is broken its events say so.
    void this.stream.send({ control: 'CONTROL_KEEP_ALIVE' }).catch(() => undefined);
  }

  private release(): void {
    this.hasEnded = true;
    clearInterval(this.alive);
    this.audio.close();
  }
}
