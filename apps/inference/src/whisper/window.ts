import type { Pcm, RecognitionTask } from './recognition.types.js';
import type { TimedWord } from './word-timing.js';

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
  /** Tokens to go on from, partials only. */
  readonly prefix: readonly number[];
  /** Undefined: to be detected. */
  readonly language: string | undefined;
  readonly task: RecognitionTask;
  /** Tried in this order until one passes the checks; the last is kept in any case. */
  readonly temperatures: readonly number[];
  readonly timestamps: boolean;
  readonly words: boolean;
  /** Seconds; where the speech before this window ended. */
  readonly lastSpeech: number;
  /** Encode only what is there and a margin, instead of 30 s. */
  readonly shortEncode: boolean;
  readonly maxTokens: number;
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
  /** Those with text. */
  readonly segments: readonly WindowSegment[];
  /** Mel frame where this window began. */
  readonly seek: number;
  /** Mel frame to go on from. */
  readonly nextSeek: number;
  /** Seconds. */
  readonly lastSpeech: number;
  readonly loudest: number;
  readonly language: string;
  readonly temperature: number;
  readonly averageLogProbability: number;
  readonly noSpeechProbability: number;
  readonly compressionRatio: number;
  /** No speech was found: there are no segments and the tokens must not be used. */
  readonly isSilent: boolean;
}

export interface LoudestRequest {
  readonly samples: Pcm;
  readonly isStart: boolean;
  readonly frames: number;
}
