import { Injectable } from '@nestjs/common';
import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse } from '@parlance/contracts/proto/inference/ModelInferResponse';
import type { ModelMetadataResponse } from '@parlance/contracts/proto/inference/ModelMetadataResponse';
import type { RepositoryModelLoadRequest__Output } from '@parlance/contracts/proto/inference/RepositoryModelLoadRequest';
import { AppError } from '@parlance/errors';
import { InferenceRuntime, type TensorMap, type TensorSignature } from '@parlance/onnx';
import { ModelRegistry, type ModelStatus } from '../registry/model-registry.service.js';
import { datatypeOf } from './datatypes.js';
import { checkParameters, readInputs, readOutputs, refuseParameters } from './infer-request.js';
import { datatypeNameOf, encodeRaw } from './tensor-codec.js';

/** Models have one version: the content of their folder. */
const VERSION = '1';

/** The Open Inference Protocol over the model registry: any ONNX model can be run, Whisper is described. */
@Injectable()
export class OpenInferenceService {
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

  /** @throws AppError model.not_found */
  async describe(name: string, version: string): Promise<ModelMetadataResponse> {
    checkVersion(version);
    const model = await this.find(name);
    const { metadata } = model;
    const installedAt = await this.registry.installedAt(name);
    return {
      name: model.name,
      versions: [VERSION],
      platform: model.kind === 'whisper' ? 'parlance_whisper' : 'onnxruntime_onnx',
      inputs: metadata?.inputs.map(describeTensor) ?? [],
      outputs: metadata?.outputs.map(describeTensor) ?? [],
      properties: {
        state: model.state,
        default: String(model.isDefault),
        ...(installedAt === undefined ? {} : { installed_at: String(installedAt) }),
        ...(metadata?.provider ? { provider: metadata.provider } : {}),
        ...(metadata?.languages ? { languages: metadata.languages.join(',') } : {}),
      },
    };
  }

  /** @throws AppError model.*, request.invalid, inference.overloaded, request.cancelled */
  async infer(request: ModelInferRequest__Output, signal: AbortSignal): Promise<ModelInferResponse> {
    checkVersion(request.modelVersion);
    checkParameters(request);
    return this.registry.use(request.modelName, async (metadata) => {
      if (metadata.languages)
        throw new AppError('request.invalid', 'Whisper models hear through parlance.voice.v1.Speech.');
      const outputs = readOutputs(request, metadata);
      const known = metadata.outputs.map((output) => output.name);
      const results = await this.runtime.infer(request.modelName, readInputs(request, metadata), {
        signal,
        ...(outputs.length > 0 ? { outputs } : {}),
      });
      const names = outputs.length > 0 ? outputs : known.filter((name) => Object.hasOwn(results, name));
      return respond(request, names, results);
    });
  }

  /** @throws AppError model.not_found, model.invalid, model.too_large, inference.overloaded, request.invalid */
  async load(request: RepositoryModelLoadRequest__Output): Promise<void> {
    checkRepository(request);
    refuseParameters(request.parameters);
    await this.registry.load(request.modelName);
  }

  /** @throws AppError model.not_found, request.invalid */
  async unload(request: RepositoryModelLoadRequest__Output): Promise<void> {
    checkRepository(request);
    // The stock clients send it always; models have no dependents.
    refuseParameters(request.parameters, ['unload_dependents']);
    const { modelName: name } = request;
    const model = await this.find(name);
    if (model.isDefault) throw new AppError('request.invalid', 'The default model stays loaded.');
    await this.registry.unload(name);
  }

  private async find(name: string): Promise<ModelStatus> {
    const model = (await this.registry.list()).find((candidate) => candidate.name === name);
    if (!model) throw new AppError('model.not_found', 'There is no model of that name.');
    return model;
  }
}

function isKnownVersion(version: string): boolean {
  return version === '' || version === VERSION;
}

function checkRepository({ repositoryName }: RepositoryModelLoadRequest__Output): void {
  if (repositoryName !== '')
    throw new AppError('request.invalid', 'repository_name: there is one repository, leave it out.');
}

function checkVersion(version: string): void {
  if (!isKnownVersion(version))
    throw new AppError('model.not_found', `Models have the one version ${VERSION}.`);
}

function describeTensor({ name, type, shape }: TensorSignature) {
  return { name, datatype: datatypeOf(type).name, shape: [...shape] };
}

/** Outputs travel raw, whatever form the inputs had: the protocol allows it and it costs no conversion. */
function respond(
  request: ModelInferRequest__Output,
  names: readonly string[],
  results: TensorMap,
): ModelInferResponse {
  const values = names.map((name) => ({ name, value: results[name]! }));
  return {
    modelName: request.modelName,
    modelVersion: VERSION,
    id: request.id,
    outputs: values.map(({ name, value }) => ({
      name,
      datatype: datatypeNameOf(value),
      shape: [...value.dims],
    })),
    rawOutputContents: values.map(({ value }) => encodeRaw(value)),
  };
}
