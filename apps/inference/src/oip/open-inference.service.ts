import { Injectable } from '@nestjs/common';
import type { ModelConfigResponse } from '@parlance/contracts/proto/inference/ModelConfigResponse';
import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse } from '@parlance/contracts/proto/inference/ModelInferResponse';
import type { ModelMetadataResponse } from '@parlance/contracts/proto/inference/ModelMetadataResponse';
import type { ModelStatisticsResponse } from '@parlance/contracts/proto/inference/ModelStatisticsResponse';
import type { ModelStreamInferResponse } from '@parlance/contracts/proto/inference/ModelStreamInferResponse';
import type { RepositoryIndexRequest__Output } from '@parlance/contracts/proto/inference/RepositoryIndexRequest';
import type { RepositoryIndexResponse } from '@parlance/contracts/proto/inference/RepositoryIndexResponse';
import type { RepositoryModelLoadRequest__Output } from '@parlance/contracts/proto/inference/RepositoryModelLoadRequest';
import { AppError, toAppError } from '@parlance/errors';
import { InferenceRuntime, type TensorSignature } from '@parlance/onnx';
import { printableName } from '../registry/model-catalog.js';
import { ModelRegistry, type ModelStatus } from '../registry/model-registry.service.js';
import { datatypeOf } from './datatypes.js';
import { FINAL_RESPONSE_WANTED, refuseParameters } from './infer-request.js';
import { InferRun } from './infer-run.js';
import { modelConfigOf } from './model-config.js';
import { checkVersion, isKnownVersion, MODEL_VERSION, signatureOf } from './model-signature.js';
import { ModelStatistics } from './model-statistics.js';

/** The Open Inference Protocol over the model registry: any ONNX model can be run, Whisper is described. */
@Injectable()
export class OpenInferenceService {
  private readonly counts = new ModelStatistics();

  constructor(
    private readonly registry: ModelRegistry,
    private readonly runtime: InferenceRuntime,
  ) {}

  /** The provider that was asked for, and that it could not be had: server metadata has no other place for either. */
  providerExtensions(): string[] {
    const { provider, isFallenBack } = this.runtime;
    return [`execution_provider_${provider}`, ...(isFallenBack ? ['execution_provider_fallback_cpu'] : [])];
  }

  /** @param version  empty for the only one */
  async isModelReady(name: string, version: string): Promise<boolean> {
    if (!isKnownVersion(version)) return false;
    return (await this.registry.list()).some((model) => model.name === name && model.state === 'ready');
  }

  /** Also of a model that is not loaded. @throws AppError model.not_found, model.invalid */
  async describe(name: string, version: string): Promise<ModelMetadataResponse> {
    checkVersion(version);
    const model = await this.find(name);
    const { metadata } = model;
    const installedAt = await this.registry.installedAt(name);
    const { inputs, outputs } = await signatureOf(model);
    return {
      name: model.name,
      versions: [MODEL_VERSION],
      platform: model.kind === 'whisper' ? 'parlance_whisper' : 'onnxruntime_onnx',
      inputs: inputs.map(describeTensor),
      outputs: outputs.map(describeTensor),
      properties: {
        state: model.state,
        default: String(model.isDefault),
        ...(installedAt === undefined ? {} : { installed_at: String(installedAt) }),
        ...(metadata?.provider ? { provider: metadata.provider } : {}),
        ...(metadata?.languages ? { languages: metadata.languages.join(',') } : {}),
      },
    };
  }

  /** Also of a model that is not loaded. @throws AppError model.not_found, model.invalid */
  async configure(name: string, version: string): Promise<ModelConfigResponse> {
    checkVersion(version);
    const model = await this.find(name);
    const workers = this.runtime.workersIn(this.registry.laneOf(name));
    return { config: modelConfigOf(model, await signatureOf(model), workers) };
  }

  /** @throws AppError model.*, request.invalid, inference.overloaded, request.cancelled */
  infer(request: ModelInferRequest__Output, signal: AbortSignal): Promise<ModelInferResponse> {
    return new InferRun(this.registry, this.runtime, this.counts).run(request, signal);
  }

  /** As `infer`, for a request of a stream, which goes on after a fault. @throws AppError request.cancelled */
  async inferInStream(
    request: ModelInferRequest__Output,
    signal: AbortSignal,
  ): Promise<ModelStreamInferResponse> {
    try {
      const response = await this.infer(request, signal);
      const final = { triton_final_response: { boolParam: true } };
      const isWanted = request.parameters[FINAL_RESPONSE_WANTED]?.boolParam === true;
      return { inferResponse: isWanted ? { ...response, parameters: final } : response };
    } catch (error) {
      if (signal.aborted) throw error;
      const { code, message } = toAppError(error);
      // Its client learns by the id which of its requests it was.
      return { errorMessage: `${code}: ${message}`, inferResponse: { id: request.id } };
    }
  }

  /** @param name  empty: of every model that is loaded @throws AppError model.not_found */
  async statistics(name: string, version: string): Promise<ModelStatisticsResponse> {
    checkVersion(version);
    const models = name === '' ? await this.registry.list() : [await this.find(name)];
    const told = models.filter(({ state }) => name !== '' || state === 'ready');
    return { modelStats: told.map((model) => this.counts.of(model.name, MODEL_VERSION)) };
  }

  /** @throws AppError request.invalid */
  async index({ repositoryName, ready }: RepositoryIndexRequest__Output): Promise<RepositoryIndexResponse> {
    checkRepository(repositoryName);
    const models = (await this.registry.list()).filter(({ state }) => !ready || state === 'ready');
    return {
      models: models.map(({ name, state }) => ({ name, version: MODEL_VERSION, ...INDEX_STATES[state] })),
    };
  }

  /** @throws AppError model.not_found, model.invalid, model.too_large, inference.overloaded, request.invalid */
  async load(request: RepositoryModelLoadRequest__Output): Promise<void> {
    checkRepository(request.repositoryName);
    refuseParameters(request.parameters);
    await this.registry.load(request.modelName);
  }

  /** @throws AppError model.not_found, request.invalid */
  async unload(request: RepositoryModelLoadRequest__Output): Promise<void> {
    checkRepository(request.repositoryName);
    // The stock clients send it always; models have no dependents.
    refuseParameters(request.parameters, ['unload_dependents']);
    const { modelName: name } = request;
    const model = await this.find(name);
    if (model.isDefault) throw new AppError('request.invalid', 'The default model stays loaded.');
    if (this.registry.isKept(name))
      throw new AppError('request.invalid', 'A model that the service loads at its start stays loaded.');
    await this.registry.unload(name);
  }

  private async find(name: string): Promise<ModelStatus> {
    const model = (await this.registry.list()).find((candidate) => candidate.name === name);
    if (!model) throw new AppError('model.not_found', `There is no model '${printableName(name)}'.`);
    return model;
  }
}

/** What Triton calls a model's state; why it failed is for the operator's log. */
const INDEX_STATES: Readonly<
  Record<ModelStatus['state'], { readonly state: string; readonly reason: string }>
> = {
  ready: { state: 'READY', reason: '' },
  loading: { state: 'LOADING', reason: '' },
  available: { state: 'UNAVAILABLE', reason: 'not loaded' },
  failed: { state: 'UNAVAILABLE', reason: 'it could not be loaded' },
};

function checkRepository(repositoryName: string): void {
  if (repositoryName !== '')
    throw new AppError('request.invalid', 'repository_name: there is one repository, leave it out.');
}

function describeTensor({ name, type, shape }: TensorSignature) {
  return { name, datatype: datatypeOf(type).name, shape: [...shape] };
}
