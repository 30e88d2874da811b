import type { LanguageChoice } from './language-choice.js';
import type { TranscribeOptions } from './recognition.types.js';

/** A word of a live utterance. */
export interface HeardWord {
  /** As written, with its leading space and opening marks; a closing mark is a word of its own until the text is whole. */
  readonly text: string;
  readonly tokens: readonly number[];
  /** Milliseconds from the start of the samples it was heard in. */
  readonly startMs: number;
  readonly endMs: number;
  /** 0..1: mean token probability. */
  readonly confidence: number;
}

export interface UtteranceOptions extends Omit<
  TranscribeOptions,
  'priority' | 'prompt' | 'prefix' | 'wordTimestamps'
> {
  /** `partial`: greedy, after the finals. `final`: before all others, with fallback where nothing is settled yet. */
  readonly kind: 'partial' | 'final';
  /** Tokens of a text the utterance is taken to follow, newest last. */
  readonly promptTokens?: readonly number[] | undefined;
  /** Words within these samples that are settled: decoding goes on behind them. */
  readonly prefix?: readonly HeardWord[] | undefined;
  /** How the language is chosen where `language` is not given. */
  readonly choice?: Omit<LanguageChoice, 'among'> | undefined;
  /** Decode as a recording of its own, as the file API does, where the usual way has failed: no prefix, several times the work. */
  readonly asRecording?: boolean | undefined;
}

/** What was heard in some samples, behind the words that were settled. */
export interface Utterance {
  /** Empty where nothing (more) was said. A first piece without leading space goes on the last settled word. */
  readonly words: readonly HeardWord[];
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
export function textOf(words: readonly HeardWord[]): string {
  return words
    .map((word) => word.text)
    .join('')
    .trim();
}
