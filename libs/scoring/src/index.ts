/** Scores of a learner's speech against an expected text; the models run in the workers of @parlance/onnx, started with SCORING_MODELS. */
export type { IntervalScore } from './score-intervals.js';
export {
  SCORING_REASONS,
  type PhoneScores,
  type ScoringReason,
  type ScoringReasonCode,
  type ScoringRequest,
  type ScriptedScores,
  type SpelledWord,
  type WordScores,
} from './scripted-scores.js';
export {
  SCORING_MODEL,
  SCORING_MODELS,
  scoringSource,
  SpeechScorer,
  type ScoringFolders,
  type ScoringOptions,
} from './speech-scorer.js';
export { SENTENCE_MODEL, SENTENCE_MODEL_KIND, SentenceSimilarity } from './sentence-similarity.js';
