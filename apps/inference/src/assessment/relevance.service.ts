import { Inject, Injectable } from '@nestjs/common';
import { isAppError } from '@parlance/errors';
import { InferenceRuntime } from '@parlance/onnx';
import { SENTENCE_MODEL, SentenceSimilarity, type ScoringOptions } from '@parlance/scoring';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { ModelRegistry } from '../registry/model-registry.service.js';
import { SCORED_LANGUAGE, type AssessedSpeech, type Relevance } from './assessment.js';

/** The meaning of fewer words follows from the question alone: "Yes, often." */
const FEWEST_WORDS = 3;
const FULL = 100;

/** How much what was said has to do with the question that it answers, by a model of sentences' meanings, where it is on this machine. */
@Injectable()
export class RelevanceJudge {
  private readonly sentences: SentenceSimilarity;
  private isAbsenceTold = false;

  constructor(
    private readonly registry: ModelRegistry,
    runtime: InferenceRuntime,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.sentences = new SentenceSimilarity(runtime);
  }

  /** @returns 0 to 100, or why it is not known; never throws */
  async judge({ answers, recognised }: AssessedSpeech, options: ScoringOptions): Promise<Relevance> {
    const question = answers?.text.trim() ?? '';
    const { text, language } = recognised;
    if (question === '') return 'relevance.unknown';
    if (language !== '' && language !== SCORED_LANGUAGE) return 'relevance.language';
    if (text.trim().split(/\s+/u).length < FEWEST_WORDS) return 'relevance.too_short';
    try {
      const release = await this.registry.hold(SENTENCE_MODEL);
      try {
        return FULL * Math.max(0, await this.sentences.similarity([question, text], options));
      } finally {
        release();
      }
    } catch (error) {
      this.tellAbsence(error);
      return 'relevance.unavailable';
    }
  }

  /** That there is no model is told once, not for every recording. */
  private tellAbsence(error: unknown): void {
    const isMissing = isAppError(error) && error.code === 'model.not_found';
    if (isMissing && this.isAbsenceTold) return;
    this.isAbsenceTold ||= isMissing;
    const remedy = isMissing ? `; to have it, run: parlance models download ${SENTENCE_MODEL}` : '';
    this.logger.warn({ err: error }, `an answer was not compared with its question${remedy}`);
  }
}
