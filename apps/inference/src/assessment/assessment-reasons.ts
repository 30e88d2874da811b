import type { FluencyFacts, RecordingQuality } from '@parlance/analytics';
import type { AssessmentReasonJson } from '@parlance/contracts';
import { SCORING_REASONS, type ScoringReason, type WordScores } from '@parlance/scoring';

/** Why something is not known that an assessment could hold, beside the reasons of the scores themselves. */
const UNKNOWN = {
  'speech.none': SCORING_REASONS['speech.none'],
  'language.unsupported': 'Scores are of English; something else is spoken, or was asked for.',
  'scores.overloaded': 'The server was too busy to score the utterance.',
  'scores.failed': 'Scoring has failed, or took too long.',
  'scores.unavailable': 'This server has no models of scores.',
  'speech.not_recognised': 'No word was recognised.',
  'text.recognised': 'The text is what was recognised: nobody knows what was left out.',
  'timing.unknown': 'When the person was to speak is not known.',
  'relevance.unknown': 'No question is known that the speech answers.',
  'relevance.language': 'Only answers in English are compared with their question.',
  'relevance.too_short': 'An answer of one or two words is not compared with its question.',
  'dnsmos.live': 'Utterances of live sessions are not rated, so that their scores come sooner.',
  'dnsmos.no_speech': 'A recording without speech has no rating.',
  'dnsmos.unavailable': 'This server has no model that rates recordings, or it has failed.',
  'relevance.unavailable':
    'This server has no model that compares an answer with its question, or it has failed.',
} as const satisfies Record<string, string>;
export type UnknownCode = keyof typeof UNKNOWN;

/** What lowers a score, by the moments that it comes from. */
const FAULTS = {
  'word.mispronounced': 'These words were hard to recognise as what they are.',
  'phone.substituted': 'In these words a sound was replaced by another one.',
  'pause.within_phrase': 'Long pauses within a phrase.',
  'speech.hesitation': 'Fillers, repetitions and self-repairs.',
} as const satisfies Record<string, string>;

/** Below it a word is named, of 100: raters say “heavy accent”. */
const POOR_WORD = 60;
const LONG_PAUSE_MS = 500;

const RELEVANCE = ['compatibility.metrics.contextRelevance'];

/** Of scores that are null for the text being too short. */
const FIELDS: Partial<Record<string, readonly string[]>> = {
  'text.too_short': ['utterance.fluency', 'utterance.prosody'],
  'text.recognised': ['utterance.completeness'],
  'word.no_pronunciation': ['words.accuracy'],
  'word.pronounced_by_rule': ['words.accuracy'],
  'timing.unknown': ['compatibility.scores.responseTime', 'compatibility.scores.interactionFlow'],
  'relevance.unknown': RELEVANCE,
  'relevance.language': RELEVANCE,
  'relevance.too_short': RELEVANCE,
  'relevance.unavailable': RELEVANCE,
  'dnsmos.live': ['quality.dnsmos'],
  'dnsmos.no_speech': ['quality.dnsmos'],
  'dnsmos.unavailable': ['quality.dnsmos'],
  'loudness.unknown': ['quality.loudnessLufs'],
  'signal_to_noise.no_speech': ['quality.signalToNoiseDb'],
  'signal_to_noise.no_pause': ['quality.signalToNoiseDb', 'quality.noiseLevelDbfs'],
};

export function unknownReason(code: UnknownCode): AssessmentReasonJson {
  return reason({ code, message: UNKNOWN[code] });
}

/** @param words  of the assessment, whose places a reason about words names */
export function scoringReasons(
  reasons: readonly ScoringReason[],
  words: readonly WordScores[],
): AssessmentReasonJson[] {
  return reasons.map(({ code, message, words: own = [] }) =>
    reason({ code, message, words: [...own], spans: own.flatMap((i) => spansOf(words[i])) }),
  );
}

export function qualityReasons(reasons: RecordingQuality['reasons']): AssessmentReasonJson[] {
  return reasons.map(reason);
}

/** The moments that scores are low for, where there are any. */
export function faultReasons(
  words: readonly WordScores[],
  facts: FluencyFacts | undefined,
): AssessmentReasonJson[] {
  const poor = [...words.keys()].filter((i) => (words[i]!.accuracy?.value ?? POOR_WORD) < POOR_WORD);
  const replaced = words.flatMap(({ phones }, word) =>
    phones.flatMap(({ substitution, startMs, endMs }) => (substitution ? [{ word, startMs, endMs }] : [])),
  );
  const pauses = (facts?.pauses ?? []).filter(
    ({ location, startMs, endMs }) => location === 'phrase' && endMs - startMs >= LONG_PAUSE_MS,
  );
  const found: [keyof typeof FAULTS, string[], number[], readonly Span[]][] = [
    ['word.mispronounced', ['utterance.accuracy'], poor, poor.flatMap((i) => spansOf(words[i]))],
    [
      'phone.substituted',
      ['utterance.accuracy'],
      [...new Set(replaced.map(({ word }) => word))],
      replaced.map(spanOf),
    ],
    ['pause.within_phrase', ['utterance.fluency', 'utterance.confidence'], [], pauses.map(spanOf)],
    [
      'speech.hesitation',
      ['utterance.fluency', 'utterance.confidence'],
      [],
      (facts?.disfluencies ?? []).map(spanOf),
    ],
  ];
  return found
    .filter(([, , , spans]) => spans.length > 0)
    .map(([code, fields, own, spans]) =>
      reason({ code, message: FAULTS[code], fields, words: own, spans: [...spans] }),
    );
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

function reason({
  code,
  message,
  ...rest
}: Pick<AssessmentReasonJson, 'code' | 'message'> & Partial<AssessmentReasonJson>): AssessmentReasonJson {
  return { code, message, fields: [...(FIELDS[code] ?? [])], words: [], spans: [], ...rest };
}

function spanOf({ startMs, endMs }: Span): { startMs: number; endMs: number } {
  return { startMs, endMs };
}

function spansOf(word: WordScores | undefined): { startMs: number; endMs: number }[] {
  if (!word || word.startMs === null || word.endMs === null) return [];
  return [{ startMs: word.startMs, endMs: word.endMs }];
}
