import { Inject, Injectable } from '@nestjs/common';
import { MANAGERS } from '@parlance/contracts';
import type { ModelConfigResponse__Output } from '@parlance/contracts/proto/inference/ModelConfigResponse';
import type { ModelInferRequest } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse__Output } from '@parlance/contracts/proto/inference/ModelInferResponse';
import type { ModelMetadataResponse__Output } from '@parlance/contracts/proto/inference/ModelMetadataResponse';
import type { ModelStatistics__Output } from '@parlance/contracts/proto/inference/ModelStatistics';
import type { RepositoryIndexRequest } from '@parlance/contracts/proto/inference/RepositoryIndexRequest';
import type { RepositoryIndexResponse__Output } from '@parlance/contracts/proto/inference/RepositoryIndexResponse';
import type { RepositoryModelLoadRequest } from '@parlance/contracts/proto/inference/RepositoryModelLoadRequest';
import { AppError } from '@parlance/errors';
import { AuditLog } from '../audit/audit-log.service.js';
import { requireRole, requireScope, type Caller } from '../auth/caller.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { OpenModelsClient, type ModelName } from './open-models.client.js';
import { sumOf } from './statistics-sum.js';
import { isOfTenantAlone, mayUse } from './tenant-models.config.js';

/** What the server tells of itself. */
export const SERVER = {
  name: 'parlance',
  version: '0.1.0',
  extensions: [
    'classification',
    'model_repository',
    'model_configuration',
    'statistics',
    'binary_tensor_data',
  ],
} as const;

/** The models of the Open Inference Protocol as a tenant sees them. */
@Injectable()
export class TenantModels {
  constructor(
    private readonly models: OpenModelsClient,
    private readonly audit: AuditLog,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'tenantModels'>,
  ) {}

  isServerReady(): Promise<boolean> {
    return this.models.isReady();
  }

  /** False also of a model that the tenant does not have. */
  async isReady({ tenant }: Caller, model: ModelName, signal: AbortSignal): Promise<boolean> {
    if (!this.has(tenant, model.name)) return false;
    return (await this.models.ready(model, signal)).ready;
  }

  /** @throws AppError model.not_found */
  async metadata(
    { tenant }: Caller,
    model: ModelName,
    signal: AbortSignal,
  ): Promise<ModelMetadataResponse__Output> {
    this.require(tenant, model.name);
    return this.models.metadata(model, signal);
  }

  /** @throws AppError model.not_found */
  async configuration(
    { tenant }: Caller,
    model: ModelName,
    signal: AbortSignal,
  ): Promise<ModelConfigResponse__Output> {
    this.require(tenant, model.name);
    return this.models.config(model, signal);
  }

  /** @param model  an empty name stands for all that are loaded @throws AppError model.not_found */
  async statistics(
    { tenant }: Caller,
    model: ModelName,
    signal: AbortSignal,
  ): Promise<ModelStatistics__Output[]> {
    this.require(tenant, model.name);
    const told = (await this.models.statistics(model, signal)).flatMap(({ modelStats }) => modelStats);
    return sumOf(told).filter(({ name }) => this.has(tenant, name));
  }

  /** @throws AppError request.invalid */
  async index(
    { tenant }: Caller,
    request: RepositoryIndexRequest,
    signal: AbortSignal,
  ): Promise<RepositoryIndexResponse__Output['models']> {
    const { models } = await this.models.index(request, signal);
    return models.filter(({ name }) => this.has(tenant, name));
  }

  /** @throws AppError model.*, request.invalid, inference.overloaded */
  async infer(
    { tenant }: Caller,
    request: ModelInferRequest,
    signal: AbortSignal,
  ): Promise<ModelInferResponse__Output> {
    this.require(tenant, request.modelName ?? '');
    return this.models.infer(request, tenant, signal);
  }

  /** @throws AppError auth.forbidden, model.not_found, model.invalid, model.too_large, request.invalid */
  async load(caller: Caller, request: RepositoryModelLoadRequest, signal: AbortSignal): Promise<void> {
    await this.requireAdministrator(caller, request.modelName ?? '', signal);
    await this.models.load(request, signal);
    await this.write(caller, 'model.load', request);
  }

  /** @throws AppError auth.forbidden, model.not_found, request.invalid */
  async unload(caller: Caller, request: RepositoryModelLoadRequest, signal: AbortSignal): Promise<void> {
    await this.requireAdministrator(caller, request.modelName ?? '', signal);
    await this.models.unload(request, signal);
    await this.write(caller, 'model.unload', request);
  }

  private has(tenant: string, model: string): boolean {
    return mayUse(this.config.tenantModels, tenant, model);
  }

  /** Another tenant's model is answered as one that never was, by inference's own words for that. */
  private require(tenant: string, model: string): void {
    if (!this.has(tenant, model)) throw new AppError('model.not_found', `There is no model '${model}'.`);
  }

  /** What is loaded and unloaded is so for every tenant that uses it. */
  private async requireAdministrator(caller: Caller, model: string, signal: AbortSignal): Promise<void> {
    requireScope(caller, 'access');
    requireRole(caller, MANAGERS);
    this.require(caller.tenant, model);
    if (caller.managesInstallation || isOfTenantAlone(this.config.tenantModels, caller.tenant, model)) return;
    // Else a name that is refused by another fault than a made-up one would be known for another tenant's model.
    await this.models.metadata({ name: model, version: '' }, signal);
    throw new AppError(
      'auth.forbidden',
      'Models that other tenants may use are loaded and unloaded by a key of the managing tenant.',
    );
  }

  private async write(
    { tenant, role, key, user }: Caller,
    action: string,
    { modelName = '' }: RepositoryModelLoadRequest,
  ): Promise<void> {
    await this.audit.write({ tenant, role, key, user, action, target: { kind: 'model', id: modelName } });
  }
}
