import {
  listenQuerySchema,
  type AudioMetadata,
  type SessionSettings,
  type StreamingConfig,
} from '@parlance/contracts';
import { AppError, isAppError, type ErrorCode } from '@parlance/errors';
import type { LiveConversation } from '../live/live-conversation.js';
import { streamingConfig } from '../websocket/listen-view.js';
import { isRecognitionDown } from './browser-recognition.js';
import { ChunkedRecording, type NumberedChunk } from './chunked-recording.js';
import type { SessionChannel } from './session-channel.js';

/** How long a chunk that is due is waited for while later ones have come, milliseconds. */
const CHUNK_WAIT_MS = 1_000;
/** Faults of one chunk, behind which the recording goes on. */
const OF_ONE_CHUNK: ReadonlySet<ErrorCode> = new Set(['audio.empty', 'audio.chunk_out_of_sequence']);

export interface VoiceRecordingOptions {
  readonly model: string;
  /** A recording without chunks for so long is ended. */
  readonly idleMs: number;
}

/** The recordings of a session that a client has joined, one after the other: started, pushed in chunks, ended by whomever. */
export class SessionRecording {
  private current: ChunkedRecording | undefined;
  private gap: NodeJS.Timeout | undefined;
  private idle: NodeJS.Timeout | undefined;

  /** @param settings  read when a recording starts: they may change */
  constructor(
    private readonly channel: SessionChannel,
    private readonly conversation: Pick<LiveConversation, 'startSpeech' | 'push' | 'stopSpeech'>,
    private readonly settings: Pick<SessionSettings, 'sttMode' | 'language'> & Partial<SessionSettings>,
    private readonly options: VoiceRecordingOptions,
  ) {}

  get isRunning(): boolean {
    return this.current !== undefined;
  }

  /** @returns whether the platform listens; otherwise the client was told to recognise by itself
   *  @throws AppError request.invalid while a recording runs, audio.unsupported_format, model.not_found */
  async start(metadata: AudioMetadata | undefined): Promise<'server' | 'browser'> {
    if (this.current) throw new AppError('request.invalid', 'A recording runs already; stop it first.');
    if (this.settings.sttMode === 'browser') {
      await this.channel.askForBrowser([]);
      return 'browser';
    }
    const recording = new ChunkedRecording(this.conversation);
    recording.format.announce(metadata);
    try {
      await this.conversation.startSpeech(this.streamingConfig(), recording.format);
    } catch (error) {
      if (this.settings.sttMode !== 'auto' || !isRecognitionDown(error)) throw error;
      await this.channel.askForBrowser([error]);
      return 'browser';
    }
    this.current = recording;
    this.restartIdle(recording);
    await this.channel.share('voice:recording-started', { sessionId: this.channel.id });
    return 'server';
  }

  /** Resolves when there is room for more. @returns whether the chunk is new
   *  @throws AppError request.invalid while no recording runs, and as `ChunkedRecording.push` */
  async push(chunk: NumberedChunk): Promise<boolean> {
    const recording = this.running();
    this.restartIdle(recording);
    const missing = await this.endingAtFault(() => recording.push(chunk));
    if (missing) await this.afterChunks(recording, missing);
    return missing !== undefined;
  }

  /** Ends the recording; resolves when all that was said is stored as turns.
   *  @param blob  the whole recording, where it did not come in chunks
   *  @returns how many chunks it had
   *  @throws AppError request.invalid while no recording runs, audio.empty, audio.corrupt, audio.unsupported_format */
  async stop(blob?: Buffer, metadata?: AudioMetadata): Promise<number> {
    const recording = this.running();
    if (blob && recording.chunks === 0 && !recording.hasGap)
      await this.endingAtFault(() => recording.pushWhole(blob, metadata));
    else this.reportMissing(await this.endingAtFault(() => recording.end()));
    await this.end();
    if (recording.chunks === 0) throw new AppError('audio.empty', 'The recording has no sound.');
    return recording.chunks;
  }

  /** Ends a recording, if one runs; resolves when all that was said is stored as turns. Never throws. */
  async endQuietly(): Promise<void> {
    if (!this.current) return;
    try {
      this.reportMissing(await this.current.end());
      await this.end();
    } catch (error) {
      this.channel.report(error);
    } finally {
      this.forget();
    }
  }

  /** Recognition has ended, and with it the recording. */
  async tellStopped(): Promise<void> {
    const { current } = this;
    if (!current) return;
    this.forget();
    await this.channel.share('voice:recording-stopped', {
      sessionId: this.channel.id,
      chunks: current.chunks,
    });
  }

  private async end(): Promise<void> {
    await this.tellStopped();
    await this.channel.share('voice:processing', { sessionId: this.channel.id, status: 'transcribing' });
    await this.conversation.stopSpeech();
  }

  private forget(): void {
    clearTimeout(this.gap);
    clearTimeout(this.idle);
    this.gap = undefined;
    this.current = undefined;
  }

  /** Audio that cannot be read ends its recording. */
  private async endingAtFault<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error) || !OF_ONE_CHUNK.has(error.code)) {
        await this.tellStopped();
        // The fault that counts is known already.
        await this.conversation.stopSpeech().catch(() => undefined);
      }
      throw error;
    }
  }

  private async afterChunks(recording: ChunkedRecording, missing: readonly number[]): Promise<void> {
    this.reportMissing(missing);
    if (!recording.hasGap || missing.length > 0) {
      clearTimeout(this.gap);
      this.gap = undefined;
    }
    if (recording.hasGap) this.gap ??= setTimeout(() => this.skipGap(recording), CHUNK_WAIT_MS);
    if (recording.isWhole) await this.end();
  }

  private skipGap(recording: ChunkedRecording): void {
    this.gap = undefined;
    this.channel.inTurn(async () => {
      if (this.current !== recording) return;
      await this.afterChunks(recording, await this.endingAtFault(() => recording.skipGap()));
    });
  }

  private reportMissing(missing: readonly number[]): void {
    if (missing.length === 0) return;
    const some = missing.slice(0, 20).join(', ');
    const fault = new AppError('audio.chunks_missing', `Chunks did not come: ${some}`);
    this.channel.report(fault, { event: 'voice:audio-chunk', missing: [...missing] });
  }

  private restartIdle(recording: ChunkedRecording): void {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      this.channel.inTurn(async () => {
        if (this.current !== recording) return;
        const text = 'No chunk came for too long; the recording was ended.';
        this.channel.report(new AppError('stream.idle_timeout', text));
        await this.end();
      });
    }, this.options.idleMs);
  }

  private streamingConfig(): StreamingConfig {
    const { language, assess, expectedText = '' } = this.settings;
    const config = streamingConfig(
      listenQuerySchema.parse({ converse: 'true', language }),
      this.options.model,
    );
    return assess ? { ...config, assessment: { expectedText } } : config;
  }

  private running(): ChunkedRecording {
    if (this.current) return this.current;
    throw new AppError('request.invalid', 'No recording runs; start one by voice:start-recording.');
  }
}
