import { Injectable } from '@nestjs/common';
import type { GRPCInferenceServiceClient } from '@parlance/contracts/proto/inference/GRPCInferenceService';
import type { ModelConfigResponse__Output } from '@parlance/contracts/proto/inference/ModelConfigResponse';
import type { ModelInferRequest } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse__Output } from '@parlance/contracts/proto/inference/ModelInferResponse';
import type { ModelMetadataResponse__Output } from '@parlance/contracts/proto/inference/ModelMetadataResponse';
import type { ModelReadyResponse__Output } from '@parlance/contracts/proto/inference/ModelReadyResponse';
import type { ModelStatisticsResponse__Output } from '@parlance/contracts/proto/inference/ModelStatisticsResponse';
import type { RepositoryIndexRequest } from '@parlance/contracts/proto/inference/RepositoryIndexRequest';
import type { RepositoryIndexResponse__Output } from '@parlance/contracts/proto/inference/RepositoryIndexResponse';
import type { RepositoryModelLoadRequest } from '@parlance/contracts/proto/inference/RepositoryModelLoadRequest';
import { outsideCall } from '@parlance/resilience';
import { callMetadata, type CallStart } from '@parlance/rpc';
import { ModelsPool } from '../catalogue/loaded-models.client.js';
import { isWorthAnotherPod } from '../recognition/recognition.client.js';

const INFERENCE = { name: 'Inference', breaker: { failures: 20, halfOpenAfterMs: 500 } } as const;

/** A model, by a version where the client names one. */
export interface ModelName {
  readonly name: string;
  readonly version: string;
}

type Start<T> = CallStart<GRPCInferenceServiceClient, T>;

/** The Open Inference Protocol of the inference pods. Faults are theirs, or upstream.unavailable. */
@Injectable()
export class OpenModelsClient {
  private readonly questions = outsideCall({ ...INFERENCE, timeoutMs: 5_000, attempts: 2 });
  /** A pod may load the model first, and a run may wait for others. */
  private readonly runs = outsideCall({
    ...INFERENCE,
    timeoutMs: 120_000,
    attempts: 2,
    isRetryable: isWorthAnotherPod,
  });
  private readonly loads = outsideCall({ ...INFERENCE, timeoutMs: 300_000, attempts: 1 });

  constructor(private readonly pool: ModelsPool) {}

  isReady(): Promise<boolean> {
    return this.pool.isReady();
  }

  ready(model: ModelName, signal: AbortSignal): Promise<ModelReadyResponse__Output> {
    return this.asked((client, answer) => client.ModelReady(model, answer), signal);
  }

  metadata(model: ModelName, signal: AbortSignal): Promise<ModelMetadataResponse__Output> {
    return this.asked((client, answer) => client.ModelMetadata(model, answer), signal);
  }

  config(model: ModelName, signal: AbortSignal): Promise<ModelConfigResponse__Output> {
    return this.asked((client, answer) => client.ModelConfig(model, answer), signal);
  }

  index(request: RepositoryIndexRequest, signal: AbortSignal): Promise<RepositoryIndexResponse__Output> {
    return this.asked((client, answer) => client.RepositoryIndex(request, answer), signal);
  }

  /** Of each pod: each counts what it has run. */
  statistics(model: ModelName, signal: AbortSignal): Promise<ModelStatisticsResponse__Output[]> {
    return this.questions.execute(
      (attempt) =>
        this.pool.callAll<ModelStatisticsResponse__Output>(
          (client, answer) => client.ModelStatistics(model, answer),
          attempt.signal,
        ),
      signal,
    );
  }

  infer(
    request: ModelInferRequest,
    tenant: string,
    signal: AbortSignal,
  ): Promise<ModelInferResponse__Output> {
    return this.runs.execute(
      (attempt) =>
        this.pool.call<ModelInferResponse__Output>(
          (client, answer) => client.ModelInfer(request, callMetadata({ tenant }), answer),
          attempt.signal,
        ),
      signal,
    );
  }

  /** In every pod. */
  async load(request: RepositoryModelLoadRequest, signal: AbortSignal): Promise<void> {
    await this.everywhere((client, answer) => client.RepositoryModelLoad(request, answer), signal);
  }

  /** From every pod. */
  async unload(request: RepositoryModelLoadRequest, signal: AbortSignal): Promise<void> {
    await this.everywhere((client, answer) => client.RepositoryModelUnload(request, answer), signal);
  }

  private asked<T>(start: Start<T>, signal: AbortSignal): Promise<T> {
    return this.questions.execute((attempt) => this.pool.call<T>(start, attempt.signal), signal);
  }

  private everywhere(start: Start<object>, signal: AbortSignal): Promise<object[]> {
    return this.loads.execute((attempt) => this.pool.callAll<object>(start, attempt.signal), signal);
  }
}
