/** Smart Turn inside a worker of @parlance/onnx: the features are made where the model runs, off the main thread. */
import { AppError } from '@parlance/errors';
import type { ModelSource, OnnxSessionSettings, TensorMap } from '@parlance/onnx';
import { GenericModel, type Job, type LoadedModel, type ModelFactories } from '@parlance/onnx/model';
import { TURN_BANDS, TURN_FRAMES, turnFeatures } from './log-mel.js';

const INPUT = 'input_features';

/** Operation `judge`: samples (Float32Array, 16 kHz) → probability that the speaker has finished; else as any ONNX model. */
class SmartTurnModel implements LoadedModel {
  readonly metadata: LoadedModel['metadata'];

  private constructor(
    private readonly model: GenericModel,
    private readonly output: string,
  ) {
    this.metadata = model.metadata;
  }

  /** @throws AppError model.invalid where the file is another model */
  static async open(source: ModelSource, settings: OnnxSessionSettings): Promise<SmartTurnModel> {
    const model = await GenericModel.open(source, settings);
    const { inputs, outputs } = model.metadata;
    if (outputs[0] && inputs.some(({ name }) => name === INPUT))
      return new SmartTurnModel(model, outputs[0].name);
    await model.close();
    throw new AppError('model.invalid', `The end-of-turn model has no input '${INPUT}' or no output.`);
  }

  async run(operation: string, payload: unknown, job: Job): Promise<unknown> {
    if (operation !== 'judge') return this.model.run(operation, payload, job);
    const data = job.measure('mel', () => turnFeatures(payload as Float32Array));
    const feeds = { [INPUT]: { type: 'float32', dims: [1, TURN_BANDS, TURN_FRAMES], data } };
    const { [this.output]: probability } = (await this.model.run('infer', { feeds }, job)) as TensorMap;
    return (probability?.data as Float32Array)[0] ?? 0;
  }

  close(): Promise<void> {
    return this.model.close();
  }
}

export const models: ModelFactories = { turn: SmartTurnModel };
