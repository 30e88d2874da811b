import { isAppError } from '#libs/errors';
import type { InferenceRuntime } from '../runtime/inference-runtime.service.js';
import type { JobPriority } from '../runtime/protocol.js';
import type { DecodingOptions } from './decoding-options.js';
import { MAX_PROMPT_TOKENS, WINDOW_FRAMES } from './frames.js';
import type { PcmRecording } from './pcm-recording.js';
import type { RecognitionTask } from './recognition.types.js';
import { withText } from './results.js';
import type { LoudestRequest, WindowRequest, WindowResult, WordOptions } from './window.js';

/** Above this temperature a window's text is too unsure to prompt the next. */
const MAX_PROMPT_TEMPERATURE = 0.5;
/** Frames behind the recording's end that still hear it. */
const TAIL_FRAMES = 2;

export interface LoopOptions {
  readonly model: string;
  readonly language: string | undefined;
  readonly task: RecognitionTask;
  readonly promptText: string | undefined;
  readonly decoding: DecodingOptions;
  readonly words: WordOptions | undefined;
  /** Leftovers shorter than this after decoded speech are not worth a window (live utterances); 0 decodes to the end. */
  readonly minTailFrames: number;
  readonly guardRepetition: boolean;
  readonly priority: JobPriority;
  readonly signal: AbortSignal;
  readonly deadline: number | undefined;
}

/**
 * Walks a recording window by window (openai/whisper, transcribe.py): each begins where the last one's speech ended, with
 * the text so far as prompt. The work itself happens in workers; here are only token lists.
 */
export class RecordingTranscription {
  private seek = 0;
  private lastSpeech = 0;
  private tokens: number[] = [];
  private promptFrom = 0;
  private loudest: number | undefined;
  private language: string | undefined;

  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly recording: PcmRecording,
    private readonly options: LoopOptions,
  ) {
    this.language = options.language;
  }

  /** Measures a stretch of the recording for the loudness clamp; every stretch has to be measured before `windows`. */
  async measure(seek: number, frames: number, isEnd: boolean): Promise<void> {
    const cut = (): LoudestRequest => {
      const total = frames + (isEnd ? TAIL_FRAMES : 0);
      return { ...this.recording.cut(seek, total), frames: total };
    };
    const loudest = await this.ask<number>('loudest', cut);
    this.loudest = Math.max(this.loudest ?? -Infinity, loudest);
  }

  /** Results in order; the next window is already being decoded while one is handled. */
  async *windows(): AsyncGenerator<WindowResult> {
    if (this.options.promptText)
      this.tokens = await this.ask<number[]>('tokenize', () => ({
        text: ` ${this.options.promptText?.trim()}`,
      }));
    let next = this.decodeNext();
    while (next) {
      const result = await next;
      this.advance(result);
      next = this.decodeNext();
      yield result;
    }
  }

  private decodeNext(): Promise<WindowResult> | undefined {
    const left = this.recording.frames - this.seek;
    if (left <= 0 || (this.seek > 0 && left < this.options.minTailFrames)) return undefined;
    const frames = Math.min(WINDOW_FRAMES, left);
    const { task, decoding, words, guardRepetition } = this.options;
    const result = this.ask<WindowResult>('window', (): WindowRequest => ({
      ...this.recording.cut(this.seek, frames + TAIL_FRAMES),
      frames,
      seek: this.seek,
      prompt: this.tokens.slice(this.promptFrom).slice(-MAX_PROMPT_TOKENS),
      prefix: [],
      language: this.language,
      task,
      decoding,
      isInterim: false,
      words,
      lastSpeech: this.lastSpeech,
      encodeFrames: WINDOW_FRAMES,
      guardRepetition,
      ...(this.loudest === undefined ? {} : { loudest: this.loudest }),
    }));
    // Whoever awaits it hears of the fault; until then it must not count as unhandled.
    result.catch(() => undefined);
    return result;
  }

  private advance(result: WindowResult): void {
    this.loudest = result.loudest;
    this.language = result.language;
    this.seek = result.nextSeek;
    this.lastSpeech = result.lastSpeech;
    for (const segment of withText(result.segments)) this.tokens.push(...segment.tokens);
    if (result.temperature > MAX_PROMPT_TEMPERATURE && !result.isSilent) this.promptFrom = this.tokens.length;
  }

  /** A worker that dies under a window is replaced, and the window decoded once more. */
  private async ask<T>(
    operation: string,
    makePayload: () => { samples?: { buffer: ArrayBufferLike }; text?: string },
  ): Promise<T> {
    const attempt = (): Promise<T> => {
      const payload = makePayload();
      const transfer = payload.samples ? [payload.samples.buffer as ArrayBuffer] : [];
      const { priority, signal, deadline } = this.options;
      return this.runtime.run<T>(this.options.model, operation, payload, {
        priority,
        signal,
        deadline,
        transfer,
      });
    };
    try {
      return await attempt();
    } catch (error) {
      if (isAppError(error) && error.code === 'inference.interrupted') return attempt();
      throw error;
    }
  }
}
