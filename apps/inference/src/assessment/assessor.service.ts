import { Inject, Injectable } from '@nestjs/common';
import type { AssessmentJson } from '@parlance/contracts';
import { isAppError } from '@parlance/errors';
import { InferenceRuntime } from '@parlance/onnx';
import { SCORING_MODEL, SpeechScorer, type ScoringOptions, type ScriptedScores } from '@parlance/scoring';
import { LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { noteAssessment } from '../inference-metrics.js';
import { ModelRegistry } from '../registry/model-registry.service.js';
import { assessmentOf, isSpeech, SCORED_LANGUAGE, scoredText, type AssessedSpeech } from './assessment.js';
import { unknownReason, type UnknownCode } from './assessment-reasons.js';
import { RecordingRater } from './recording-rater.service.js';
import { RelevanceJudge } from './relevance.service.js';

/** Says how something was spoken: by the models of scores, where they are on this machine, and by what needs no model. */
@Injectable()
export class Assessor {
  private readonly scorer: SpeechScorer;
  private isAbsenceTold = false;

  constructor(
    private readonly registry: ModelRegistry,
    private readonly relevances: RelevanceJudge,
    private readonly rater: RecordingRater,
    runtime: InferenceRuntime,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.scorer = new SpeechScorer(runtime);
  }

  /**
   * The models are loaded by the first assessment, unless PARLANCE_PRELOAD names them.
   * @param isLive  of a session that goes on: the recording is not rated, so that the scores come sooner
   * @throws AppError model.loading, model.invalid, model.too_large, inference.overloaded, inference.interrupted, request.cancelled,
   *   request.deadline_exceeded; what cannot be scored is no error
   */
  async assess(
    speech: AssessedSpeech,
    options: ScoringOptions,
    { isLive = false }: { readonly isLive?: boolean } = {},
  ): Promise<AssessmentJson> {
    const begun = performance.now();
    const assessment = await withSpan('speech.scores', {}, async () => {
      const relevance = await this.relevances.judge(speech, options);
      const ratings = isLive ? 'dnsmos.live' : await this.rater.rate(speech, options);
      const code = whyNotScored(speech);
      const scores = code ? undefined : await this.score(speech, options);
      const unknown = code ?? (scores ? [] : 'scores.unavailable');
      return assessmentOf(speech, scores, [unknown].flat().map(unknownReason), relevance, ratings);
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
  return isSpeech(probabilities) ? 'speech.not_recognised' : 'speech.none';
}
