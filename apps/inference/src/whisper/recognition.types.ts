import type { Segment__Output } from '#proto/parlance/voice/v1/Segment.js';
import type { Word__Output } from '#proto/parlance/voice/v1/Word.js';
import type { JobPriority } from '../runtime/protocol.js';
import type { DecodingOptions } from './decoding-options.js';

/** A decoded stretch of speech; times in milliseconds from the start of the recording or utterance. */
export type Segment = Segment__Output;
/** A word with its times (milliseconds from the same origin as its segment's) and mean token probability. */
export type Word = Word__Output;

export type RecognitionTask = 'transcribe' | 'translate';

/** 16 kHz mono samples: Int16 as in a WAV file, or Float32 in −1…1. */
export type Pcm = Int16Array | Float32Array;
/** A whole recording, or its pieces as they arrive (pulled: nothing is read ahead of what can be kept). */
export type PcmSource = Pcm | AsyncIterable<Pcm> | Iterable<Pcm>;

interface CommonOptions {
  /** ISO 639-1; left out: detected by multilingual models, `en` for English-only ones. */
  readonly language?: string | undefined;
  readonly task?: RecognitionTask | undefined;
  /** Text the audio is taken to follow. */
  readonly prompt?: string | undefined;
  /** Where decoding starts (default 0, arg-max); the fallback temperatures follow from here in steps of 0.2 up to 1. */
  readonly temperature?: number | undefined;
  /** Decode at `temperature` only. */
  readonly withoutFallback?: boolean | undefined;
  /** Anything else of the decoding; what is left out has openai-whisper's default. */
  readonly decoding?: Partial<DecodingOptions> | undefined;
  readonly wordTimestamps?: boolean | undefined;
  /** Ends the work between decode runs; the call then throws `request.cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Epoch milliseconds; past it the call throws `request.deadline_exceeded`. */
  readonly deadline?: number | undefined;
}

export interface TranscribeOptions extends CommonOptions {
  /** Default `bulk`. */
  readonly priority?: JobPriority | undefined;
}

export interface UtteranceOptions extends CommonOptions {
  /**
   * `partial`: cheap; short encode, one temperature, no timestamps, words only when asked for.
   * `final`: openai-whisper's full rules, with fallback; words unless `wordTimestamps` is false.
   */
  readonly kind: 'partial' | 'final';
  /** Tokens of this utterance already committed (a partial's `tokens`): decoding goes on behind them. Partials only. */
  readonly prefixTokens?: readonly number[] | undefined;
}

export interface Utterance {
  /** Trimmed; empty where nothing was said. */
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly words: readonly Word[];
  readonly language: string;
  /** 0..1 */
  readonly noSpeechProbability: number;
  /** Natural logarithm, mean over tokens. */
  readonly averageLogProbability: number;
  readonly compressionRatio: number;
  readonly temperature: number;
  /** Text tokens, prefix included, to be given back as `prefixTokens`. */
  readonly tokens: readonly number[];
}

export interface TranscriptionSummary {
  readonly language: string;
  readonly text: string;
  readonly audioMs: number;
}

/** Segments as soon as their window is decoded; iterate once. `summary` settles after the last segment or with the fault. */
export interface Transcription extends AsyncIterable<Segment> {
  readonly summary: Promise<TranscriptionSummary>;
}
