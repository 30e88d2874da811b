import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse } from '@parlance/contracts/proto/inference/ModelInferResponse';
import { AppError } from '@parlance/errors';
import type { InferenceRuntime, ModelMetadata, TensorMap } from '@parlance/onnx';
import type { ModelRegistry } from '../registry/model-registry.service.js';
import { classesOf } from './classification.js';
import { checkParameters, readClassCounts, readDeadline, readInputs, readOutputs } from './infer-request.js';
import { isBatched } from './model-config.js';
import { workerTimes, type ModelStatistics, type RequestTimes } from './model-statistics.js';
import { checkVersion, MODEL_VERSION } from './model-signature.js';
import { datatypeNameOf, encodeRaw } from './tensor-codec.js';

/** One request of ModelInfer, and what it took. */
export class InferRun {
  private times: RequestTimes = {};
  private rows = 1;

  constructor(
    private readonly registry: ModelRegistry,
    private readonly runtime: InferenceRuntime,
    private readonly counts: ModelStatistics,
  ) {}

  /** @throws AppError model.*, request.invalid, inference.overloaded, request.cancelled */
  async run(request: ModelInferRequest__Output, signal: AbortSignal): Promise<ModelInferResponse> {
    const since = performance.now();
    checkVersion(request.modelVersion);
    checkParameters(request);
    // Inside, so that no name is kept that no model has: clients make up as many as they like.
    return this.registry.use(request.modelName, async (metadata) => {
      try {
        const response = await this.infer(request, metadata, signal);
        this.note(request.modelName, { ...this.times, success: performance.now() - since });
        return response;
      } catch (error) {
        this.note(request.modelName, { fail: performance.now() - since });
        throw error;
      }
    });
  }

  private note(model: string, times: RequestTimes): void {
    this.counts.note(model, times, this.rows);
  }

  private async infer(
    request: ModelInferRequest__Output,
    metadata: ModelMetadata,
    signal: AbortSignal,
  ): Promise<ModelInferResponse> {
    if (metadata.languages)
      throw new AppError(
        'request.invalid',
        'Whisper models recognise speech through parlance.voice.v1.Speech.',
      );
    const outputs = readOutputs(request, metadata);
    const counts = readClassCounts(request);
    const deadline = readDeadline(request, Date.now());
    const feeds = this.timed('computeInput', () => readInputs(request, metadata));
    const batched = isBatched(metadata);
    if (batched) this.rows = Object.values(feeds)[0]?.dims[0] ?? 1;
    const results = await this.runtime.infer(request.modelName, feeds, {
      signal,
      deadline,
      spent: (cost) => (this.times = { ...this.times, ...workerTimes(cost) }),
      ...(outputs.length > 0 ? { outputs } : {}),
    });
    const known = metadata.outputs.map((output) => output.name);
    const names = outputs.length > 0 ? outputs : known.filter((name) => Object.hasOwn(results, name));
    const told = names.map((name): [string, TensorMap[string]] => {
      const [value, count] = [results[name]!, counts.get(name)];
      return [name, count === undefined ? value : classesOf(name, value, { count, isBatched: batched })];
    });
    return this.timed('computeOutput', () => respond(request, told));
  }

  private timed<T>(part: 'computeInput' | 'computeOutput', work: () => T): T {
    const since = performance.now();
    const made = work();
    this.times = { ...this.times, [part]: performance.now() - since };
    return made;
  }
}

/** Outputs travel raw, whatever form the inputs had: the protocol allows it and it costs no conversion. */
function respond(
  { modelName, id }: ModelInferRequest__Output,
  outputs: readonly (readonly [name: string, value: TensorMap[string]])[],
): ModelInferResponse {
  return {
    modelName,
    modelVersion: MODEL_VERSION,
    id,
    outputs: outputs.map(([name, value]) => ({
      name,
      datatype: datatypeNameOf(value),
      shape: [...value.dims],
    })),
    rawOutputContents: outputs.map(([, value]) => encodeRaw(value)),
  };
}
