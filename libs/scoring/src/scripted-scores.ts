import type { PAUSE_FACTS } from './pause-facts.js';
import type { IntervalScore } from './score-intervals.js';
import type { Target } from './score-models.js';

/** Why something has no score, or less of one than it seems. */
export const SCORING_REASONS = {
  'speech.none': 'Nobody speaks in the recording.',
  'speech.off_script': 'What is spoken is not the expected text.',
  'audio.too_long': 'The recording is longer than 30 seconds.',
  'text.empty': 'The expected text has no word that can be pronounced.',
  'text.too_long': 'The expected text is longer than what can be spoken in 30 seconds.',
  'text.too_short': 'Fluency and prosody need at least three words.',
  'text.does_not_fit': 'The expected text has more phones than the recording can hold.',
  'word.no_pronunciation': 'These words are in no dictionary, and no rule says how they are pronounced.',
  'word.pronounced_by_rule': 'These words are not in the dictionary; rules say how they are pronounced.',
} as const satisfies Record<string, string>;
export type ScoringReasonCode = keyof typeof SCORING_REASONS;

export interface ScoringReason {
  readonly code: ScoringReasonCode;
  readonly message: string;
  /** Which words it is about, from 0; left out where it is about the whole. */
  readonly words?: readonly number[];
}

export interface PhoneScores {
  /** As in the CMU dictionary, without stress. */
  readonly phone: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly accuracy: IntervalScore;
  /** Mean of the natural logarithms of the phone's posterior over its frames: goodness of pronunciation (Witt and Young, 2000). */
  readonly logPosterior: number;
  /** What a faulty phone sounds like, where another one is likelier than the expected one; the probability is among all phones. */
  readonly substitution: { readonly phone: string; readonly probability: number } | null;
}

export interface WordScores {
  readonly text: string;
  /** Where its phones lie in the recording; null where the word was not looked for. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly accuracy: IntervalScore | null;
  /** Mean of the natural logarithms of the probabilities of its tokens, given the recording and the words before it, by Whisper. */
  readonly logLikelihood: number | null;
  readonly phones: readonly PhoneScores[];
}

/** How an expected text was spoken. Scores are 0–100 with a 95 % interval, and null where they cannot be known: `reasons` says why. */
export interface ScriptedScores {
  readonly utterance: Readonly<Record<Target, IntervalScore | null>>;
  readonly words: readonly WordScores[];
  /** Seconds, phones a second, dB, as pauseFacts says; null where the recording was not looked at. */
  readonly facts: Readonly<Record<(typeof PAUSE_FACTS)[number], number>> | null;
  readonly reasons: readonly ScoringReason[];
}

/** A word whose pronunciations the caller knows: phones of the CMU dictionary, the usual pronunciation first. */
export interface SpelledWord {
  readonly text: string;
  readonly pronunciations: readonly (readonly string[])[];
}

export interface ScoringRequest {
  /** 16 kHz mono, full scale 1, at most 30 s. */
  readonly samples: Float32Array;
  /** What was to be said: English text, or its words. */
  readonly text: string | readonly SpelledWord[];
}

export function scoringReason(code: ScoringReasonCode, words?: readonly number[]): ScoringReason {
  return { code, message: SCORING_REASONS[code], ...(words && { words }) };
}

/** No score at all, for these reasons. */
export function withoutScores(
  words: readonly string[],
  reasons: readonly ScoringReason[],
  facts: ScriptedScores['facts'] = null,
): ScriptedScores {
  return {
    utterance: { accuracy: null, fluency: null, prosody: null, completeness: null, total: null },
    words: words.map((text) => ({
      ...{ text, startMs: null, endMs: null, accuracy: null, logLikelihood: null },
      phones: [],
    })),
    facts,
    reasons,
  };
}
