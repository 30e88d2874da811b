import type { DecodingOptions } from './decoding-options.js';
import type { LanguageChoice } from './language-choice.js';
import type { Pcm, RecognitionTask } from './recognition.types.js';
import type { WordOptions } from './words/punctuation.js';
import type { TimedWord } from './words/word-timing.js';

/** What a worker is asked to decode: up to 30 s of a recording. Times in mel frames of 10 ms or in seconds, as said. */
export interface WindowRequest {
  /** The window's samples with 200 more on each side where the recording has them; 16 kHz. */
  readonly samples: Pcm;
  /** The recording begins with these samples: its first 200 are reflected instead. */
  readonly isStart: boolean;
  /** Mel frames of the window that are recording. */
  readonly frames: number;
  /** First mel frame of the window in the recording. */
  readonly seek: number;
  /** Highest log-mel value of the whole recording; left out where the window is the whole of it. */
  readonly loudest?: number;
  /** Tokens of the text so far, newest last. */
  readonly prompt: readonly number[];
  /** Tokens to go on from. An interim's belong to its text; a recording's first window is only begun by them. */
  readonly prefix: readonly number[];
  /** Undefined: to be detected. */
  readonly language: string | undefined;
  /** Where the language is to be detected; left out: any, by the audio alone. */
  readonly choice?: LanguageChoice | undefined;
  readonly task: RecognitionTask;
  readonly decoding: DecodingOptions;
  /** An interim hypothesis: what is voiceless or unsure counts as silence. */
  readonly isInterim: boolean;
  /** Left out: no word times. */
  readonly words?: WordOptions | undefined;
  /** Seconds; where the speech before this window ended. */
  readonly lastSpeech: number;
  /** Frames the encoder is given, at least `frames`, at most 30 s, even: encoder-window.ts. */
  readonly encodeFrames: number;
  /** Cut phrases repeated in a row where every temperature failed. */
  readonly guardRepetition: boolean;
}

export interface WindowSegment {
  /** Seconds from the start of the recording. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly words: readonly TimedWord[];
}

export interface WindowResult {
  /** All that were decoded, those without text or length among them. */
  readonly segments: readonly WindowSegment[];
  /** Mel frame where this window began. */
  readonly seek: number;
  /** Mel frame to go on from. */
  readonly nextSeek: number;
  /** Seconds. */
  readonly lastSpeech: number;
  readonly loudest: number;
  readonly language: string;
  /** 0..1, where it was detected in this window. */
  readonly languageProbability?: number;
  readonly temperature: number;
  readonly averageLogProbability: number;
  readonly noSpeechProbability: number;
  readonly compressionRatio: number;
  /** No speech was found: there are no segments and the tokens must not be used. */
  readonly isSilent: boolean;
  /** The text ends with one timestamp alone: nothing was said after it. */
  readonly endsWithSingleTimestamp: boolean;
}

export interface LanguageRequest {
  readonly samples: Pcm;
  readonly isStart: boolean;
  /** Mel frames to listen to, 30 s at most. */
  readonly frames: number;
  readonly loudest?: number;
  /** Left out: any language, by the audio alone. */
  readonly choice?: LanguageChoice | undefined;
}

export interface LoudestRequest {
  readonly samples: Pcm;
  readonly isStart: boolean;
  readonly frames: number;
}
