import { Inject, Injectable } from '@nestjs/common';
import type { AssessmentJson } from '@parlance/contracts';
import { isAppError } from '@parlance/errors';
import { InferenceRuntime } from '@parlance/onnx';
import { SCORING_MODEL, SpeechScorer, type ScoringOptions, type ScriptedScores } from '@parlance/scoring';
import { LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { noteAssessment } from '../inference-metrics.js';
import { ModelRegistry } from '../registry/model-registry.service.js';
import { assessmentOf, SCORED_LANGUAGE, scoredText, type AssessedSpeech } from './assessment.js';
import { unknownReason, type UnknownCode } from './assessment-reasons.js';
import { RelevanceJudge } from './relevance.service.js';

const SPEECH_PROBABILITY = 0.5;

/** Says how something was spoken: by the models of scores, where they are on this machine, and by what needs no model. */
@Injectable()
export class Assessor {
  private readonly scorer: SpeechScorer;
  private isAbsenceTold = false;

  constructor(
    private readonly registry: ModelRegistry,
    private readonly relevances: RelevanceJudge,
    runtime: InferenceRuntime,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.scorer = new SpeechScorer(runtime);
  }

  /**
   * The models are loaded by the first assessment, unless PARLANCE_PRELOAD names them.
   * @throws AppError model.loading, model.invalid, model.too_large, inference.overloaded, inference.interrupted, request.cancelled,
   *   request.deadline_exceeded; what cannot be scored is no error
   */
  async assess(speech: AssessedSpeech, options: ScoringOptions): Promise<AssessmentJson> {
    const begun = performance.now();
    const assessment = await withSpan('speech.scores', {}, async () => {
      const relevance = await this.relevances.judge(speech, options);
      const code = whyNotScored(speech);
      if (code) return assessmentOf(speech, undefined, [unknownReason(code)], relevance);
      const scores = await this.score(speech, options);
      if (scores) return assessmentOf(speech, scores, [], relevance);
      return assessmentOf(speech, undefined, [unknownReason('scores.unavailable')], relevance);
    });
    const outcome = assessment.utterance.total === null ? 'unscored' : 'scored';
    noteAssessment(assessment.mode, outcome, (performance.now() - begun) / 1000);
    return assessment;
  }

  /** Undefined where there are no models. */
  private async score(speech: AssessedSpeech, options: ScoringOptions): Promise<ScriptedScores | undefined> {
    const { samples } = speech;
    const release = await this.registry.hold(SCORING_MODEL).catch((error: unknown) => {
      if (!isAppError(error) || error.code !== 'model.not_found') throw error;
      this.tellAbsence(error);
      return undefined;
    });
    if (!release) return undefined;
    try {
      return await this.scorer.score({ samples, text: scoredText(speech) }, options);
    } finally {
      release();
    }
  }

  /** Once, not for every recording. */
  private tellAbsence(error: Error): void {
    if (this.isAbsenceTold) return;
    this.isAbsenceTold = true;
    this.logger.warn({ err: error }, 'assessments have no scores');
  }
}

/** What keeps the models from being asked; they say themselves what else does. */
function whyNotScored({ recognised, expectedText, probabilities }: AssessedSpeech): UnknownCode | undefined {
  const { language, text } = recognised;
  if (language !== '' && language !== SCORED_LANGUAGE) return 'language.unsupported';
  if (expectedText !== '' || text.trim() !== '') return undefined;
  return probabilities.some((each) => each >= SPEECH_PROBABILITY) ? 'speech.not_recognised' : 'speech.none';
}
