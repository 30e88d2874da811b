import type { JobPriority } from '@parlance/onnx';
import type { Clip } from './clips.js';
import type { DecodingOptions } from '../decoding-options.js';
import type { LanguageChoice } from '../language-choice.js';
import type { RecognitionTask } from '../recognition.types.js';
import type { HistoryRules } from './text-history.js';
import type { WordOptions } from '../words/punctuation.js';

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
  /** Stretches to hear, decided when the recording is whole; left out: all of it. */
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
