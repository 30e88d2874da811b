import type { Metadata, ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, UseFilters } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type { ModelConfigResponse } from '@parlance/contracts/proto/inference/ModelConfigResponse';
import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse } from '@parlance/contracts/proto/inference/ModelInferResponse';
import type { ModelMetadataRequest__Output } from '@parlance/contracts/proto/inference/ModelMetadataRequest';
import type { ModelMetadataResponse } from '@parlance/contracts/proto/inference/ModelMetadataResponse';
import type { ModelStatisticsResponse } from '@parlance/contracts/proto/inference/ModelStatisticsResponse';
import type { ModelStreamInferResponse } from '@parlance/contracts/proto/inference/ModelStreamInferResponse';
import type { RepositoryIndexRequest__Output } from '@parlance/contracts/proto/inference/RepositoryIndexRequest';
import type { RepositoryIndexResponse } from '@parlance/contracts/proto/inference/RepositoryIndexResponse';
import type { RepositoryModelLoadRequest__Output } from '@parlance/contracts/proto/inference/RepositoryModelLoadRequest';
import { answerEach, cancelSignal, failCall, GrpcErrorFilter, identityOf, traceOf } from '@parlance/rpc';
import { SpanKind, withSpan } from '@parlance/telemetry';
import { ReadinessService } from '../readiness.service.js';
import { OpenInferenceService } from './open-inference.service.js';

const SERVICE = 'GRPCInferenceService';
const EXTENSIONS = ['classification', 'model_repository', 'model_configuration', 'statistics'];

/** inference.GRPCInferenceService: the Open Inference Protocol, version 2. */
@Controller()
@UseFilters(GrpcErrorFilter)
export class OpenInferenceController {
  constructor(
    private readonly inference: OpenInferenceService,
    private readonly readiness: ReadinessService,
  ) {}

  @GrpcMethod(SERVICE, 'ServerLive')
  serverLive(): { live: boolean } {
    return { live: true };
  }

  @GrpcMethod(SERVICE, 'ServerReady')
  serverReady(): { ready: boolean } {
    return { ready: this.readiness.isReady };
  }

  @GrpcMethod(SERVICE, 'ModelReady')
  async modelReady({ name, version }: ModelMetadataRequest__Output): Promise<{ ready: boolean }> {
    return { ready: await this.inference.isModelReady(name, version) };
  }

  @GrpcMethod(SERVICE, 'ServerMetadata')
  serverMetadata(): { name: string; version: string; extensions: string[] } {
    return {
      name: 'parlance-inference',
      version: '0.1.0',
      extensions: [...EXTENSIONS, ...this.inference.providerExtensions()],
    };
  }

  @GrpcMethod(SERVICE, 'ModelMetadata')
  modelMetadata({ name, version }: ModelMetadataRequest__Output): Promise<ModelMetadataResponse> {
    return this.inference.describe(name, version);
  }

  @GrpcMethod(SERVICE, 'ModelInfer')
  modelInfer(
    request: ModelInferRequest__Output,
    metadata: Metadata,
    call: ServerUnaryCall<unknown, unknown>,
  ): Promise<ModelInferResponse> {
    // By the identity the runtime knows whose turn it is.
    const span = { kind: SpanKind.SERVER, parent: traceOf(metadata), identity: identityOf(metadata) };
    return withSpan('models.infer', span, () => this.inference.infer(request, cancelSignal(call)));
  }

  /** Raw streams pass no Nest guard or filter, so faults are seen to here; never rejects. */
  @GrpcStreamCall(SERVICE, 'ModelStreamInfer')
  async modelStreamInfer(
    call: ServerDuplexStream<ModelInferRequest__Output, ModelStreamInferResponse>,
  ): Promise<void> {
    const cut = cancelSignal(call);
    try {
      await answerEach(call, { cut }, (request) => this.inference.inferInStream(request, cut));
      call.end();
    } catch (error) {
      if (!call.cancelled) failCall(call, error);
    }
  }

  @GrpcMethod(SERVICE, 'ModelConfig')
  modelConfig({ name, version }: ModelMetadataRequest__Output): Promise<ModelConfigResponse> {
    return this.inference.configure(name, version);
  }

  @GrpcMethod(SERVICE, 'ModelStatistics')
  modelStatistics({ name, version }: ModelMetadataRequest__Output): Promise<ModelStatisticsResponse> {
    return this.inference.statistics(name, version);
  }

  @GrpcMethod(SERVICE, 'RepositoryIndex')
  repositoryIndex(request: RepositoryIndexRequest__Output): Promise<RepositoryIndexResponse> {
    return this.inference.index(request);
  }

  @GrpcMethod(SERVICE, 'RepositoryModelLoad')
  async repositoryModelLoad(request: RepositoryModelLoadRequest__Output): Promise<object> {
    await this.inference.load(request);
    return {};
  }

  @GrpcMethod(SERVICE, 'RepositoryModelUnload')
  async repositoryModelUnload(request: RepositoryModelLoadRequest__Output): Promise<object> {
    await this.inference.unload(request);
    return {};
  }
}
