import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse } from '@parlance/contracts/proto/inference/ModelInferResponse';
import type { ModelMetadataRequest__Output } from '@parlance/contracts/proto/inference/ModelMetadataRequest';
import type { ModelMetadataResponse } from '@parlance/contracts/proto/inference/ModelMetadataResponse';
import type { RepositoryModelLoadRequest__Output } from '@parlance/contracts/proto/inference/RepositoryModelLoadRequest';
import { GrpcErrorFilter } from '@parlance/rpc';
import { ReadinessService } from '../readiness.service.js';
import { OpenInferenceService } from './open-inference.service.js';

const SERVICE = 'GRPCInferenceService';

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
      extensions: ['model_repository', ...this.inference.providerExtensions()],
    };
  }

  @GrpcMethod(SERVICE, 'ModelMetadata')
  modelMetadata({ name, version }: ModelMetadataRequest__Output): Promise<ModelMetadataResponse> {
    return this.inference.describe(name, version);
  }

  @GrpcMethod(SERVICE, 'ModelInfer')
  modelInfer(
    request: ModelInferRequest__Output,
    _: Metadata,
    call: ServerUnaryCall<unknown, unknown>,
  ): Promise<ModelInferResponse> {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    return this.inference.infer(request, gone.signal);
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
