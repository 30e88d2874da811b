import { Inject, Injectable } from '@nestjs/common';
import { DNSMOS_SAMPLES, dnsmosRatings, dnsmosSegments, type DnsmosRatings } from '@parlance/analytics';
import { isAppError } from '@parlance/errors';
import { InferenceRuntime } from '@parlance/onnx';
import type { ScoringOptions } from '@parlance/scoring';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { ModelRegistry } from '../registry/model-registry.service.js';
import { isSpeech, type AssessedSpeech } from './assessment.js';
import type { UnknownCode } from './assessment-reasons.js';

/** DNSMOS P.835 (MIT): Reddy, Gopal and Cutler, ICASSP 2022. */
const RATING_MODEL = 'dnsmos';

/** How listeners would rate a recording, by a model, where that is on this machine. */
@Injectable()
export class RecordingRater {
  private isAbsenceTold = false;

  constructor(
    private readonly registry: ModelRegistry,
    private readonly runtime: InferenceRuntime,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Takes some 150 ms for each of up to eight segments of 9 s.
   *  @returns ratings, or why they are not known; never throws */
  async rate(
    { samples, probabilities }: Pick<AssessedSpeech, 'samples' | 'probabilities'>,
    options: ScoringOptions,
  ): Promise<DnsmosRatings | UnknownCode> {
    if (!isSpeech(probabilities)) return 'dnsmos.no_speech';
    try {
      const release = await this.registry.hold(RATING_MODEL);
      try {
        const data = dnsmosSegments(samples);
        const dims = [data.length / DNSMOS_SAMPLES, DNSMOS_SAMPLES];
        const feeds = { input_1: { type: 'float32', dims, data } } as const;
        const [ratings] = Object.values(await this.runtime.infer(RATING_MODEL, feeds, options));
        return dnsmosRatings(ratings!.data as Float32Array);
      } finally {
        release();
      }
    } catch (error) {
      this.tellAbsence(error);
      return 'dnsmos.unavailable';
    }
  }

  /** That there is no model is told once, not for every recording. */
  private tellAbsence(error: unknown): void {
    const isMissing = isAppError(error) && error.code === 'model.not_found';
    if (isMissing && this.isAbsenceTold) return;
    this.isAbsenceTold ||= isMissing;
    const remedy = isMissing ? `; to have it, run: parlance models download ${RATING_MODEL}` : '';
    this.logger.warn({ err: error }, `a recording was not rated${remedy}`);
  }
}
