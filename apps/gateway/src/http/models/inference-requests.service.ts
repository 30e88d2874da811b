import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { AppError } from '@parlance/errors';
import type { TenantRequest } from '../../auth/access.guard.js';
import { HeldMemory } from '../../media/held-memory.js';
import type { ModelName } from '../../models/open-models.client.js';
import { TenantModels } from '../../models/tenant-models.service.js';
import { parseRequest } from '../request-fields.js';
import { causeOf, requestSignal } from '../request-scope.js';
import { snakeCased } from '../snake-case.js';
import { inferAnswer, sendAnswer } from './infer-answer.js';
import { JSON_LENGTH_HEADER, parametersOf, jsonOfBody, readInference } from './infer-request.js';
import { indexBodySchema, loadBodySchema } from './infer.schema.js';
import { requestBytes } from './request-bytes.js';

/** Longer than what is waited for behind the gateway, whose own fault is the better one. */
const LIMIT_MS = 310_000;

/** A request and where it is answered. */
export interface Exchange {
  readonly request: TenantRequest;
  readonly response: Response;
}

/** The Open Inference Protocol over HTTP: bodies in, JSON out. Faults are those of `TenantModels`. */
@Injectable()
export class InferenceRequests {
  constructor(
    private readonly models: TenantModels,
    private readonly memory: HeldMemory,
  ) {}

  async serverReady(): Promise<{ ready: true }> {
    if (!(await this.models.isServerReady()))
      throw new AppError('upstream.unavailable', 'No inference process is ready.');
    return { ready: true };
  }

  /** @throws AppError model.not_found where it is not loaded */
  modelReady(exchange: Exchange, model: ModelName): Promise<{ name: string; ready: true }> {
    return this.until(exchange, async (signal) => {
      if (await this.models.isReady(exchange.request.caller, model, signal))
        return { name: model.name, ready: true };
      throw new AppError('model.not_found', 'There is no model of that name that is loaded.');
    });
  }

  metadata(exchange: Exchange, model: ModelName): Promise<object> {
    return this.until(exchange, async (signal) =>
      snakeCased(await this.models.metadata(exchange.request.caller, model, signal)),
    );
  }

  config(exchange: Exchange, model: ModelName): Promise<object> {
    return this.until(exchange, async (signal) => {
      const { config } = await this.models.configuration(exchange.request.caller, model, signal);
      return snakeCased(config ?? {});
    });
  }

  statistics(exchange: Exchange, model: ModelName): Promise<object> {
    return this.until(exchange, async (signal) =>
      snakeCased({ modelStats: await this.models.statistics(exchange.request.caller, model, signal) }),
    );
  }

  index(exchange: Exchange): Promise<object[]> {
    return this.until(exchange, async (signal) => {
      const body = parseRequest(indexBodySchema, jsonOfBody(await this.bytesOf(exchange)));
      return this.models.index(exchange.request.caller, body, signal);
    });
  }

  /** @param what  `load` or `unload` */
  change(exchange: Exchange, what: 'load' | 'unload', modelName: string): Promise<object> {
    return this.until(exchange, async (signal) => {
      const { parameters } = parseRequest(loadBodySchema, jsonOfBody(await this.bytesOf(exchange)));
      const request = { modelName, parameters: parametersOf(parameters) };
      await this.models[what](exchange.request.caller, request, signal);
      return {};
    });
  }

  async infer(exchange: Exchange, model: ModelName): Promise<void> {
    const { request, response } = exchange;
    const answer = await this.until(exchange, async (signal) => {
      const length = request.get(JSON_LENGTH_HEADER);
      const { request: asked, isBinary } = readInference(await this.bytesOf(exchange), length, model);
      return inferAnswer(await this.models.infer(request.caller, asked, signal), isBinary);
    });
    sendAnswer(response, answer);
  }

  private bytesOf({ request, response }: Exchange): Promise<Buffer> {
    const memory = this.memory.open(request.tenant);
    response.once('close', memory.release);
    return requestBytes(request, memory);
  }

  private async until<T>({ response }: Exchange, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = requestSignal(response, LIMIT_MS);
    try {
      return await work(signal);
    } catch (error) {
      throw causeOf(error, signal);
    }
  }
}
