import type { Segment__Output } from '@parlance/contracts/proto/parlance/voice/v1/Segment';
import type { Word__Output } from '@parlance/contracts/proto/parlance/voice/v1/Word';
import type { JobPriority } from '@parlance/onnx';
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

export type DetectSpeech = (samples: Float32Array) => Promise<Float32Array>;

interface CommonOptions {
  /** ISO 639-1; left out: detected by multilingual models, `en` for English-only ones. */
  readonly language?: string | undefined;
  /** What the language is detected among; left out or empty: all the model knows. */
  readonly languages?: readonly string[] | undefined;
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

/** openai/whisper's options (transcribe.py) for how windows follow each other; what is left out has its default. */
export interface TranscribeOptions extends CommonOptions {
  /** Give each window the text before it; default true. */
  readonly conditionOnPreviousText?: boolean | undefined;
  /** Put `prompt` before every window, not only before the first. */
  readonly carryInitialPrompt?: boolean | undefined;
  /** What the first window's text begins with; not part of the result (faster-whisper). */
  readonly prefix?: string | undefined;
  /** start, end, start, end, … in seconds; the last end may be left out. */
  readonly clipTimestamps?: readonly number[] | undefined;
  /** Silence longer than this, in seconds, is skipped where words may be invented; makes word times. */
  readonly hallucinationSilenceThreshold?: number | undefined;
  readonly prependPunctuations?: string | undefined;
  readonly appendPunctuations?: string | undefined;
  /**
   * Above 1: the recording is cut into chunks of speech, of which so many are decoded side by side, each without the text
   * before it and clamped by its own loudest sound (as faster-whisper's batched pipeline). 1, the default: one after another.
   */
  readonly batchSize?: number | undefined;
  /** Hear only where there is speech. */
  readonly vadFilter?: boolean | undefined;
  /** Probabilities of speech in the next samples, one for 32 ms, where the caller has them already; default: Silero VAD. */
  readonly detectSpeech?: DetectSpeech | undefined;
  /** Default `bulk`. */
  readonly priority?: JobPriority | undefined;
}

export interface TranscriptionSummary {
  readonly language: string;
  /** 0..1, where the language was detected. */
  readonly languageProbability?: number | undefined;
  readonly text: string;
  readonly audioMs: number;
}

/** Segments as soon as their window is decoded; iterate once. `summary` settles after the last segment or with the fault. */
export interface Transcription extends AsyncIterable<Segment> {
  readonly summary: Promise<TranscriptionSummary>;
}
