import type { Segment__Output } from '@parlance/contracts/proto/parlance/voice/v1/Segment';
import type { Word__Output } from '@parlance/contracts/proto/parlance/voice/v1/Word';
import type { JobPriority } from '@parlance/onnx';
import type { LanguageChoice } from './language.js';

/** How the tokens of a window are chosen: openai/whisper's names and defaults (decoding.py, DecodingOptions; transcribe.py). */
export interface DecodingOptions {
  /** Tried in this order until a text passes the thresholds; the last is kept in any case. 0 is arg-max or beam search. */
  readonly temperatures: readonly number[];
  /** Hypotheses kept side by side at temperature 0; undefined is greedy. */
  readonly beamSize: number | undefined;
  /** Beam search ends when beamSize × patience hypotheses have (arXiv:2204.05424). */
  readonly patience: number;
  /** Independent samples at temperatures above 0, of which the likeliest is kept. */
  readonly bestOf: number;
  /** Exponent of the length by which beams and samples are ranked (arXiv:1609.08144); undefined: mean log-probability. */
  readonly lengthPenalty: number | undefined;
  /** Most tokens a window. */
  readonly sampleLen: number;
  /** Ids that are never chosen; −1 means the model's own list of marks that are not spoken. */
  readonly suppressTokens: readonly number[] | 'default';
  /** No space and no end as the first token. */
  readonly suppressBlank: boolean;
  readonly withoutTimestamps: boolean;
  /** Latest first timestamp, seconds; undefined: any. */
  readonly maxInitialTimestamp: number | undefined;
  /** A text above it is a loop, and the next temperature is tried; undefined: no such check. */
  readonly compressionRatioThreshold: number | undefined;
  /** A mean log-probability below it makes the next temperature be tried; undefined: no such check. */
  readonly logprobThreshold: number | undefined;
  /** A window likelier than this to hold no speech, and below `logprobThreshold`, is silent; undefined: none is. */
  readonly noSpeechThreshold: number | undefined;
  /** Words to expect, put before the prompt as faster-whisper does, where there is no prefix. */
  readonly hotwords: string | undefined;
  /** Added to the logits of the hotwords' first tokens; 0: none. */
  readonly hotwordBias: number;
  /** Of the sampling at temperatures above 0: the same seed gives the same text. */
  readonly seed: number;
}

/** openai-whisper decodes half the decoder's context at most. */
export const MAX_TOKENS = 224;

/** A text with a higher compression ratio is a loop (openai/whisper, transcribe.py). */
export const MAX_COMPRESSION_RATIO = 2.4;

export const DEFAULT_DECODING: DecodingOptions = {
  temperatures: [0, 0.2, 0.4, 0.6, 0.8, 1],
  beamSize: undefined,
  patience: 1,
  bestOf: 1,
  lengthPenalty: undefined,
  sampleLen: MAX_TOKENS,
  suppressTokens: 'default',
  suppressBlank: true,
  withoutTimestamps: false,
  maxInitialTimestamp: 1,
  compressionRatioThreshold: MAX_COMPRESSION_RATIO,
  logprobThreshold: -1,
  noSpeechThreshold: 0.6,
  hotwords: undefined,
  hotwordBias: 0,
  seed: 0,
};

/** A first temperature and the ones that follow it in steps of 0.2 up to 1 (openai/whisper, transcribe.py, cli). */
export function temperaturesFrom(first: number, withoutFallback: boolean): number[] {
  if (withoutFallback) return [first];
  return Array.from({ length: Math.floor((1 - first) / 0.2 + 1e-6) + 1 }, (_, i) => first + i * 0.2);
}

/** What a caller asks for, over the defaults. */
export interface AskedDecoding {
  /** Where decoding starts; the fallback temperatures follow from here in steps of 0.2 up to 1. */
  readonly temperature?: number | undefined;
  readonly withoutFallback?: boolean | undefined;
  readonly decoding?: Partial<DecodingOptions> | undefined;
}

/** @param most tokens a window of this recording may hold */
export function decodingOf(
  { decoding, temperature = 0, withoutFallback = false }: AskedDecoding,
  most = MAX_TOKENS,
): DecodingOptions {
  const asked = {
    ...DEFAULT_DECODING,
    temperatures: temperaturesFrom(temperature, withoutFallback),
    ...decoding,
  };
  return { ...asked, sampleLen: Math.min(asked.sampleLen, most) };
}

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
  /** Text that precedes the audio. */
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
  /** Transcribe only where there is speech. */
  readonly vadFilter?: boolean | undefined;
  /** How `vadFilter` and `batchSize` find speech: the probability from which on sound is speech (default 0.5), the silence that ends a
   *  stretch of it (default 160), and the sound before it that belongs to it (default 400); milliseconds. */
  readonly vadThreshold?: number | undefined;
  readonly vadSilenceMs?: number | undefined;
  readonly vadPrefixMs?: number | undefined;
  /** Probabilities of speech in the next samples, one for 32 ms, where the caller has them already; default: Silero VAD. */
  readonly detectSpeech?: DetectSpeech | undefined;
  /** Whether segments have `tokenProbabilities`. Beam search does not tell them. */
  readonly tokenProbabilities?: boolean | undefined;
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

/** Segments as soon as their window is decoded; iterate once. `summary` resolves after the last segment, or rejects with the error. */
export interface Transcription extends AsyncIterable<Segment> {
  readonly summary: Promise<TranscriptionSummary>;
}

/** A word of a live utterance. */
export interface RecognizedWord {
  /** As written, with its leading space and opening marks; a closing mark is a word of its own until the text is whole. */
  readonly text: string;
  readonly tokens: readonly number[];
  /** Milliseconds from the start of the samples that were decoded. */
  readonly startMs: number;
  readonly endMs: number;
  /** 0..1: mean token probability. */
  readonly confidence: number;
}

export interface UtteranceOptions extends Omit<
  TranscribeOptions,
  'priority' | 'prompt' | 'prefix' | 'wordTimestamps' | 'tokenProbabilities'
> {
  /** `partial`: greedy, after the finals. `final`: before all others, with fallback where nothing is committed yet. */
  readonly kind: 'partial' | 'final';
  /** Tokens of the text that precedes the utterance, newest last. */
  readonly promptTokens?: readonly number[] | undefined;
  /** Committed words within these samples: decoding continues after them. */
  readonly prefix?: readonly RecognizedWord[] | undefined;
  /** How the language is chosen where `language` is not given. */
  readonly choice?: Omit<LanguageChoice, 'among'> | undefined;
  /** Decode as a recording of its own, as the file API does, where the usual way has failed: no prefix, several times the work. */
  readonly asRecording?: boolean | undefined;
}

/** The words recognized in some samples, after the committed ones. */
export interface Utterance {
  /** Empty where nothing (more) was said. A first word without a leading space continues the last committed word. */
  readonly words: readonly RecognizedWord[];
  readonly language: string;
  /** 0..1, where it was detected in these samples. */
  readonly languageProbability?: number | undefined;
  /** 0..1 */
  readonly noSpeechProbability: number;
  /** Natural logarithm, mean over tokens. */
  readonly averageLogProbability: number;
  readonly compressionRatio: number;
  readonly temperature: number;
}

/** Words as one text. */
export function textOf(words: readonly RecognizedWord[]): string {
  return words
    .map((word) => word.text)
    .join('')
    .trim();
}
