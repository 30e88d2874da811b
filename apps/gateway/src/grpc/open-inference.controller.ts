import type { Metadata, ServerDuplexStream } from '@grpc/grpc-js';
import { Controller, UseFilters } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type { ModelConfigResponse } from '@parlance/contracts/proto/inference/ModelConfigResponse';
import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse } from '@parlance/contracts/proto/inference/ModelInferResponse';
import type { ModelMetadataResponse } from '@parlance/contracts/proto/inference/ModelMetadataResponse';
import type { ModelStatisticsResponse } from '@parlance/contracts/proto/inference/ModelStatisticsResponse';
import type { ModelStreamInferResponse } from '@parlance/contracts/proto/inference/ModelStreamInferResponse';
import type { RepositoryIndexRequest__Output } from '@parlance/contracts/proto/inference/RepositoryIndexRequest';
import type { RepositoryIndexResponse } from '@parlance/contracts/proto/inference/RepositoryIndexResponse';
import type { RepositoryModelLoadRequest__Output } from '@parlance/contracts/proto/inference/RepositoryModelLoadRequest';
import { failCall, GrpcErrorFilter } from '@parlance/rpc';
import type { Caller } from '../auth/caller.js';
import type { ModelName } from '../models/open-models.client.js';
import { SERVER, TenantModels } from '../models/tenant-models.service.js';
import { GrpcCallers, type UnaryCall } from './grpc-callers.service.js';
import { InferStream } from './infer-stream.js';

const SERVICE = 'GRPCInferenceService';

/** inference.GRPCInferenceService as tenants reach it. Liveness and readiness need no key. */
@Controller()
@UseFilters(GrpcErrorFilter)
export class PublicInferenceController {
  constructor(
    private readonly callers: GrpcCallers,
    private readonly models: TenantModels,
  ) {}

  @GrpcMethod(SERVICE, 'ServerLive')
  serverLive(): { live: boolean } {
    return { live: true };
  }

  @GrpcMethod(SERVICE, 'ServerReady')
  async serverReady(): Promise<{ ready: boolean }> {
    return { ready: await this.models.isServerReady() };
  }

  @GrpcMethod(SERVICE, 'ServerMetadata')
  serverMetadata(_: object, metadata: Metadata, call: UnaryCall) {
    return this.answered('ServerMetadata', metadata, call, async () => ({
      ...SERVER,
      extensions: [...SERVER.extensions],
    }));
  }

  @GrpcMethod(SERVICE, 'ModelReady')
  modelReady(model: ModelName, metadata: Metadata, call: UnaryCall): Promise<{ ready: boolean }> {
    return this.answered('ModelReady', metadata, call, async (caller, signal) => ({
      ready: await this.models.isReady(caller, model, signal),
    }));
  }

  @GrpcMethod(SERVICE, 'ModelMetadata')
  modelMetadata(model: ModelName, metadata: Metadata, call: UnaryCall): Promise<ModelMetadataResponse> {
    return this.answered('ModelMetadata', metadata, call, (caller, signal) =>
      this.models.metadata(caller, model, signal),
    );
  }

  @GrpcMethod(SERVICE, 'ModelConfig')
  modelConfig(model: ModelName, metadata: Metadata, call: UnaryCall): Promise<ModelConfigResponse> {
    return this.answered('ModelConfig', metadata, call, (caller, signal) =>
      this.models.configuration(caller, model, signal),
    );
  }

  @GrpcMethod(SERVICE, 'ModelStatistics')
  modelStatistics(model: ModelName, metadata: Metadata, call: UnaryCall): Promise<ModelStatisticsResponse> {
    return this.answered('ModelStatistics', metadata, call, async (caller, signal) => ({
      modelStats: await this.models.statistics(caller, model, signal),
    }));
  }

  @GrpcMethod(SERVICE, 'RepositoryIndex')
  repositoryIndex(
    request: RepositoryIndexRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<RepositoryIndexResponse> {
    return this.answered('RepositoryIndex', metadata, call, async (caller, signal) => ({
      models: await this.models.index(caller, request, signal),
    }));
  }

  @GrpcMethod(SERVICE, 'ModelInfer')
  modelInfer(
    request: ModelInferRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<ModelInferResponse> {
    return this.answered('ModelInfer', metadata, call, (caller, signal) =>
      this.models.infer(caller, request, signal),
    );
  }

  /** Raw streams pass no Nest guard or filter, so identity and faults are seen to here; never rejects. */
  @GrpcStreamCall(SERVICE, 'ModelStreamInfer')
  async modelStreamInfer(
    call: ServerDuplexStream<ModelInferRequest__Output, ModelStreamInferResponse>,
  ): Promise<void> {
    try {
      await this.callers.admitted(`${SERVICE}/ModelStreamInfer`, call.metadata, async (caller) => {
        const stream = new InferStream(call, (request, signal) => this.models.infer(caller, request, signal));
        await this.callers.streamed(caller, stream, () => stream.run());
      });
      call.end();
    } catch (error) {
      if (!call.cancelled) failCall(call, error);
    }
  }

  @GrpcMethod(SERVICE, 'RepositoryModelLoad')
  repositoryModelLoad(
    request: RepositoryModelLoadRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<object> {
    return this.answered('RepositoryModelLoad', metadata, call, async (caller, signal) => {
      await this.models.load(caller, request, signal);
      return {};
    });
  }

  @GrpcMethod(SERVICE, 'RepositoryModelUnload')
  repositoryModelUnload(
    request: RepositoryModelLoadRequest__Output,
    metadata: Metadata,
    call: UnaryCall,
  ): Promise<object> {
    return this.answered('RepositoryModelUnload', metadata, call, async (caller, signal) => {
      await this.models.unload(caller, request, signal);
      return {};
    });
  }

  private answered<T>(
    method: string,
    metadata: Metadata,
    call: UnaryCall,
    work: (caller: Caller, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.callers.admitted(`${SERVICE}/${method}`, metadata, (caller) =>
      this.callers.unary(call, (signal) => work(caller, signal)),
    );
  }
}
