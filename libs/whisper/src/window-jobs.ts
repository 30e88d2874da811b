import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '@parlance/errors';
import type { InferenceRuntime, JobPriority } from '@parlance/onnx';
import type { LanguageChoice } from './language.js';
import type { DecodingOptions, RecognitionTask } from './options.js';
import type { Clip } from './recording.js';
import type { WordOptions } from './word-timing.js';

export interface HistoryRules {
  /** Give each window the text before it. */
  readonly conditionOnPreviousText: boolean;
  /** Put the initial prompt before every window's, not only before the first. */
  readonly carryInitialPrompt: boolean;
}

/** How a recording is walked and its windows are decoded. */
export interface LoopOptions extends Partial<HistoryRules> {
  readonly model: string;
  /** Undefined: to be detected. */
  readonly language: string | undefined;
  /** How it is detected; left out: any language, by the audio alone. */
  readonly choice?: LanguageChoice | undefined;
  readonly task: RecognitionTask;
  /** The initial prompt. */
  readonly promptText: string | undefined;
  /** What the first window's text begins with. */
  readonly prefixText?: string | undefined;
  readonly decoding: DecodingOptions;
  readonly words: WordOptions | undefined;
  /** Whether the log-probabilities of tokens are told. */
  readonly tellsTokens?: boolean | undefined;
  /** Stretches to transcribe, decided when the recording is whole; left out: all of it. */
  readonly clips?: (() => readonly Clip[]) | undefined;
  /** Seconds of silence to skip where words may be invented (needs `words`); undefined: none. */
  readonly hallucinationSilenceThreshold?: number | undefined;
  /** Leftovers shorter than this after decoded speech are not worth a window (chunks of speech); 0 decodes to the end. */
  readonly minTailFrames: number;
  readonly guardRepetition: boolean;
  /** The queue being full delays this recording instead of ending it: it asks for many windows at once. */
  readonly waitsForRoom?: boolean;
  readonly priority: JobPriority;
  readonly signal: AbortSignal;
  readonly deadline: number | undefined;
}

/** A full queue empties by a window every few hundred milliseconds; recordings wait a minute for it at most. */
const WAIT_MS = 250;
const MOST_WAITS = 240;

/** Asks one model's workers on behalf of one recording. A worker that dies is replaced, and its job asked for once more. */
export class WindowJobs {
  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly options: Pick<
      LoopOptions,
      'model' | 'priority' | 'signal' | 'deadline' | 'waitsForRoom'
    >,
  ) {}

  /** Tokens of a text that stands in a sentence; none for an empty one. */
  async tokenize(text: string | undefined): Promise<readonly number[]> {
    const trimmed = text?.trim();
    return trimmed ? this.ask<number[]>('tokenize', () => ({ text: ` ${trimmed}` })) : [];
  }

  /** @param makePayload called for each attempt: samples are handed over, not copied */
  async ask<T>(
    operation: string,
    makePayload: () => { samples?: { buffer: ArrayBufferLike }; text?: string },
  ): Promise<T> {
    const { model, priority, signal, deadline } = this.options;
    const attempt = (): Promise<T> => {
      const payload = makePayload();
      const transfer = payload.samples ? [payload.samples.buffer as ArrayBuffer] : [];
      return this.runtime.run<T>(model, operation, payload, { priority, signal, deadline, transfer });
    };
    for (let [lost, refused] = [0, 0]; ;) {
      try {
        return await attempt();
      } catch (error) {
        const code = isAppError(error) ? error.code : '';
        if (code === 'inference.interrupted' && lost++ === 0) continue;
        if (code !== 'inference.overloaded' || !this.options.waitsForRoom || refused++ === MOST_WAITS)
          throw error;
        await delay(WAIT_MS);
      }
    }
  }
}
