import {
  clarityScore,
  confidenceScore,
  fluencyFacts,
  interactionFlowScore,
  recordingQuality,
  responseTimeScore,
  speechCurves,
  turnTiming,
  type DnsmosRatings,
  type FluencyFacts,
  type QuestionEnd,
  type RecordingQuality,
  type SpeechCurves,
  type SpokenWord,
  type TurnTiming,
} from '@parlance/analytics';
import type { AssessmentJson, AssessmentReasonJson, CompatibilityViewJson } from '@parlance/contracts';
import type { ScriptedScores } from '@parlance/scoring';
import { adviceFor } from './advice.js';
import {
  faultReasons,
  qualityReasons,
  scoringReasons,
  unknownReason,
  type UnknownCode,
} from './assessment-reasons.js';

/** The language that scores are of. */
export const SCORED_LANGUAGE = 'en';
const SPEECH_PROBABILITY = 0.5;

/** Whether anybody speaks. @param probabilities  of speech */
export function isSpeech(probabilities: Float32Array): boolean {
  return probabilities.some((each) => each >= SPEECH_PROBABILITY);
}

/** A recording, and what was recognised in it. */
export interface AssessedSpeech {
  /** 16 kHz mono. */
  readonly samples: Float32Array;
  /** Of speech, one for every complete 32 ms. */
  readonly probabilities: Float32Array;
  readonly recognised: {
    readonly text: string;
    /** ISO 639-1; empty where nothing was spoken. */
    readonly language: string;
    /** From the start of the samples. */
    readonly words: readonly SpokenWord[];
  };
  /** What was to be said; empty: what was recognised is scored. */
  readonly expectedText: string;
  readonly answers?: AnsweredQuestion | undefined;
}

/** What the speech answers, as far as it is known. */
export interface AnsweredQuestion {
  /** Empty: it is not known. */
  readonly text: string;
  readonly end?: QuestionEnd | undefined;
}

/** How much an answer has to do with its question, 0 to 100, or why that is not known. */
export type Relevance = number | UnknownCode;

/** What is scored: the expected text, or the recognised one. */
export function scoredText({ expectedText, recognised }: AssessedSpeech): string {
  return expectedText || recognised.text;
}

/**
 * Puts an assessment together: scores of the models, facts of the recognised words, quality of the recording.
 * @param scores  undefined where the models were not asked
 * @param unknown  why not
 * @param relevance  of the answer to its question
 * @param ratings  of the recording
 */
export function assessmentOf(
  speech: AssessedSpeech,
  scores: ScriptedScores | undefined,
  unknown: readonly AssessmentReasonJson[] = [],
  relevance: Relevance = 'relevance.unknown',
  ratings: DnsmosRatings | UnknownCode = 'dnsmos.live',
): AssessmentJson {
  const { samples, probabilities, recognised, expectedText, answers } = speech;
  const timing = (answers?.end && turnTiming(probabilities, answers.end)) ?? null;
  const facts = fluencyFacts(recognised.words);
  const { reasons: unmeasured, ...measured } = recordingQuality(samples, probabilities);
  const quality = { ...measured, dnsmos: typeof ratings === 'string' ? null : ratings };
  const isFree = expectedText === '';
  const words = scores?.words ?? [];
  const utterance = utteranceScores(scores, facts, { isFree, spokenWords: recognised.words.length });
  const isScored = utterance.total !== null;
  const reasons = [
    ...unknown,
    ...scoringReasons(scores?.reasons ?? [], words),
    ...(isScored && isFree ? [unknownReason('text.recognised')] : []),
    ...(isScored ? faultReasons(words, facts) : []),
    ...(facts ? [] : noWords(unknown, scores)),
    ...qualityReasons(unmeasured),
    ...(typeof ratings === 'string' ? [unknownReason(ratings)] : []),
    ...(timing ? [] : [unknownReason('timing.unknown')]),
    ...(typeof relevance === 'string' ? [unknownReason(relevance)] : []),
  ];
  return {
    mode: isFree ? 'free' : 'scripted',
    text: scoredText(speech),
    utterance,
    words: words.map((word) => ({ ...word, phones: [...word.phones] })),
    facts: scores?.facts ?? null,
    fluencyFacts: facts ? plain(facts) : null,
    quality,
    reasons,
    compatibility: compatibilityView({ utterance, words, facts, quality, timing, relevance }),
    timing,
    advice: adviceFor(utterance, words, facts),
    curves: plainCurves(speechCurves(samples)),
  };
}

/** Facts of fluency need words; one reason says so, whatever has kept the scores from being made. */
function noWords(
  unknown: readonly AssessmentReasonJson[],
  scores: ScriptedScores | undefined,
): AssessmentReasonJson[] {
  const codes = [...unknown, ...(scores?.reasons ?? [])].map(({ code }) => code);
  const isTold = codes.includes('speech.none') || codes.includes('speech.not_recognised');
  return isTold ? [] : [{ ...unknownReason('speech.not_recognised'), fields: ['fluencyFacts'] }];
}

function utteranceScores(
  scores: ScriptedScores | undefined,
  facts: FluencyFacts | undefined,
  { isFree, spokenWords }: { readonly isFree: boolean; readonly spokenWords: number },
): AssessmentJson['utterance'] {
  const none = { accuracy: null, fluency: null, prosody: null, completeness: null, total: null };
  const models = scores?.utterance ?? none;
  const logs = scores?.words.flatMap(({ logLikelihood }) => logLikelihood ?? []) ?? [];
  const disfluentWords = facts?.disfluencies.reduce((sum, { words }) => sum + words.length, 0) ?? 0;
  const pauseShare = scores?.facts?.pause_share;
  const isScored = models.total !== null;
  return {
    ...models,
    completeness: isFree ? null : models.completeness,
    confidence:
      isScored && pauseShare !== undefined
        ? (confidenceScore({ pauseShare, words: spokenWords, disfluentWords }) ?? null)
        : null,
    clarity: isScored ? (clarityScore(logs) ?? null) : null,
  };
}

interface AssessedFacts {
  readonly utterance: AssessmentJson['utterance'];
  readonly words: ScriptedScores['words'];
  readonly facts: FluencyFacts | undefined;
  readonly quality: Omit<RecordingQuality, 'reasons'>;
  readonly timing: TurnTiming | null;
  readonly relevance: Relevance;
}

/** The flat view; each field as docs/scores.md defines it. */
function compatibilityView(assessed: AssessedFacts): CompatibilityViewJson {
  const { utterance, words, facts, quality, timing, relevance } = assessed;
  const accuracies = words.flatMap(({ accuracy }) => accuracy?.value ?? []);
  const phones = words.flatMap((word) => word.phones.map(({ accuracy }) => accuracy.value));
  return {
    scores: {
      pronunciation: utterance.accuracy?.value ?? null,
      confidence: utterance.confidence?.value ?? null,
      clarity: utterance.clarity?.value ?? null,
      responseTime: timing && responseTimeScore(timing),
      interactionFlow: timing && interactionFlowScore(timing),
      combined: utterance.total?.value ?? null,
    },
    metrics: {
      wordAccuracy: meanOf(accuracies),
      phonemeAccuracy: meanOf(phones),
      volumeLevel: quality.loudnessLufs,
      speakingRate: facts?.speechRateWpm ?? null,
      pauseFrequency: facts ? pausesAMinute(facts) : null,
      noiseLevel: quality.noiseLevelDbfs,
      contextRelevance: typeof relevance === 'number' ? relevance : null,
    },
  };
}

/** Of the time from the first word to the last one; that time follows from the rate and the words. */
function pausesAMinute({ pauses, meanLengthOfRun, speechRateWpm }: FluencyFacts): number {
  const words = meanLengthOfRun * (pauses.length + 1);
  return words === 0 ? 0 : (pauses.length * speechRateWpm) / words;
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function plainCurves({ pitchHz, energyDbfs, ...rest }: SpeechCurves): NonNullable<AssessmentJson['curves']> {
  return { ...rest, pitchHz: [...pitchHz], energyDbfs: [...energyDbfs] };
}

function plain(facts: FluencyFacts): NonNullable<AssessmentJson['fluencyFacts']> {
  return {
    ...facts,
    pauses: [...facts.pauses],
    disfluencies: facts.disfluencies.map((each) => ({ ...each, words: [...each.words] })),
  };
}
