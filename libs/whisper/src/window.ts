import type { LanguageChoice } from './language.js';
import type { DecodingOptions, Pcm, RecognitionTask } from './options.js';
import type { TimedWord, WordOptions } from './word-timing.js';

/** Whisper's grid: 10 ms mel frames, 20 ms timestamps, 30 s windows, at 16 kHz. */
export const SAMPLE_RATE_HZ = 16_000;
export const HOP = 160;
/** Samples a mel frame reaches to each side of its centre. */
export const CONTEXT = 200;
export const FRAMES_PER_SECOND = 100;
export const WINDOW_FRAMES = 3000;
/** This many frames beyond the recording's end still contain its last samples; they count for the maximum. */
export const TAIL_FRAMES = 2;
/** Mel frames for one timestamp step or encoder position. */
export const FRAMES_PER_POSITION = 2;
export const SECONDS_PER_POSITION = 0.02;
/** Previous text given as prompt: half the decoder's context less one. */
export const MAX_PROMPT_TOKENS = 223;

/** Frames the encoder is given at least: 10 s where it counts often, 15 s where it counts most. */
const LEAST_WIDTH = { partial: 1000, final: 1500 } as const;
/** Silence to keep after the speech, frames. */
const MARGIN = 200;
/** Widths are multiples of this: few, so that memory is used again. */
const STEP = 200;

/**
 * How wide a live window of so many frames is encoded. The encoder was trained on 30 s. On 310 utterances (tiny.en, 8 bits)
 * words were wrong in 4.0 % with all of that, in 3.7 % with the speech, 2 s more and at least 15 s, in 3.9 % with at least
 * 10 s, and in 4.4 % with no least width, where the short ones suffer: 22 % of the words in those below 5 s.
 */
export function encodeFramesFor(frames: number, kind: 'partial' | 'final'): number {
  const width = Math.max(LEAST_WIDTH[kind], frames + MARGIN);
  return Math.min(WINDOW_FRAMES, Math.ceil(width / STEP) * STEP);
}

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
  /** Tokens to continue from. An interim's belong to its text; a recording's first window is only begun by them. */
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
  /** Whether the log-probabilities of the text's tokens are told. */
  readonly tellsTokens?: boolean | undefined;
  /** Seconds; where the speech before this window ended. */
  readonly lastSpeech: number;
  /** Frames the encoder is given, at least `frames`, at most 30 s, even: `encodeFramesFor` for a live window. */
  readonly encodeFrames: number;
  /** Cut phrases repeated in a row where every temperature failed. */
  readonly guardRepetition: boolean;
}

/** A token of a text. */
export interface TokenProbability {
  /** UTF-8; a character beyond ASCII may be parted between tokens. */
  readonly bytes: Uint8Array;
  /** Natural logarithm. */
  readonly logProbability: number;
}

export interface WindowSegment {
  /** Seconds from the start of the recording. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly words: readonly TimedWord[];
  readonly tokenProbabilities?: readonly TokenProbability[] | undefined;
}

export interface WindowResult {
  /** All that were decoded, those without text or length among them. */
  readonly segments: readonly WindowSegment[];
  /** Mel frame where this window began. */
  readonly seek: number;
  /** Mel frame to continue from. */
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
