import { Inject, Injectable } from '@nestjs/common';
import { isAppError } from '@parlance/errors';
import { InferenceRuntime } from '@parlance/onnx';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { SmartTurn, TURN_MODEL, type Eagerness } from '@parlance/vad';
import { ModelRegistry } from '../registry/model-registry.service.js';
import { PauseJudge } from './pause-judge.js';

/** Judges of pauses, while the end-of-turn model is on this machine. */
@Injectable()
export class EndOfTurnService {
  private readonly model: SmartTurn;
  private isAbsenceTold = false;

  constructor(
    private readonly registry: ModelRegistry,
    runtime: InferenceRuntime,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.model = new SmartTurn(runtime);
  }

  /** Loads the model before the service is ready, where there is one. Never throws. */
  async prepare(): Promise<void> {
    await this.registry.load(TURN_MODEL).catch((error: unknown) => this.tellAbsence(error));
  }

  /**
   * Keeps the model in memory until `release`. Never throws.
   * @returns undefined where it cannot be had: a fixed silence then ends the turns of the stream
   */
  async open(eagerness: Eagerness): Promise<{ judge: PauseJudge; release: () => void } | undefined> {
    try {
      const release = await this.registry.hold(TURN_MODEL);
      this.isAbsenceTold = false;
      const failed = (error: unknown): void =>
        this.logger.warn({ err: error }, 'a pause was not judged; a fixed silence ends it');
      return { judge: new PauseJudge(this.model, eagerness, failed), release };
    } catch (error) {
      this.tellAbsence(error);
      return undefined;
    }
  }

  /** Once, not for every stream. */
  private tellAbsence(error: unknown): void {
    if (this.isAbsenceTold) return;
    this.isAbsenceTold = true;
    const isMissing = isAppError(error) && error.code === 'model.not_found';
    const remedy = isMissing ? `; to have it, run: parlance models download ${TURN_MODEL}` : '';
    this.logger.warn(
      { model: TURN_MODEL, ...(isMissing ? {} : { err: error }) },
      `no end-of-turn model: a fixed silence ends turns${remedy}`,
    );
  }
}
