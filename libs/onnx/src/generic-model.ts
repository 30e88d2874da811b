import { AppError } from '@parlance/errors';
import type { Job, LoadedModel } from './job.js';
import { OnnxSession, Tensor, toTensor, toValues } from './onnx-session.js';
import type {
  ModelMetadata,
  ModelSource,
  ScanRequest,
  ScanResult,
  OnnxSessionSettings,
  TensorMap,
} from './protocol.js';

/** Any single-file ONNX model: `infer` runs it once, `scan` steps it over the frames of a signal. */
export class GenericModel implements LoadedModel {
  readonly metadata: ModelMetadata;

  private constructor(private readonly session: OnnxSession) {
    this.metadata = { inputs: session.inputs, outputs: session.outputs };
  }

  static async open(source: ModelSource, settings: OnnxSessionSettings): Promise<GenericModel> {
    return new GenericModel(await OnnxSession.open(source.location, settings));
  }

  async run(operation: string, payload: unknown, job: Job): Promise<unknown> {
    if (operation === 'infer')
      return this.infer(payload as { feeds: TensorMap; outputs?: readonly string[] }, job);
    if (operation === 'scan') return this.scan(payload as ScanRequest, job);
    throw new AppError('request.invalid', `This model has no operation '${operation}'.`);
  }

  close(): Promise<void> {
    return this.session.close();
  }

  private async infer(
    request: { feeds: TensorMap; outputs?: readonly string[] },
    job: Job,
  ): Promise<TensorMap> {
    try {
      const feeds = Object.fromEntries(
        Object.entries(request.feeds).map(([name, value]) => [name, toTensor(value)]),
      );
      return toValues(
        await job.run(this.session, feeds, request.outputs ? { fetches: request.outputs } : {}),
      );
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('request.invalid', "The inputs do not fit the model's signature.", { cause });
    }
  }

  private async scan({ frames, state, constants, output }: ScanRequest, job: Job): Promise<ScanResult> {
    const count = Math.max(0, Math.floor((frames.data.length - frames.width) / frames.hop) + 1);
    const values = new Float32Array(count);
    const fixed = Object.fromEntries(
      Object.entries(constants).map(([name, value]) => [name, toTensor(value)]),
    );
    let carried = new Tensor('float32', state.data, state.dims);
    for (let i = 0; i < count; i++) {
      const frame = frames.data.subarray(i * frames.hop, i * frames.hop + frames.width);
      const result = await job.run(this.session, {
        ...fixed,
        [frames.input]: new Tensor('float32', frame, [1, frames.width]),
        [state.input]: carried,
      });
      carried = result[state.output] as typeof carried;
      values[i] = (result[output]?.data as Float32Array)[0] ?? 0;
    }
    return { values, state: carried.data as Float32Array };
  }
}
