import { Inject, Injectable } from '@nestjs/common';
import type { GRPCInferenceServiceClient } from '@parlance/contracts/proto/inference/GRPCInferenceService';
import type { ModelMetadataResponse__Output } from '@parlance/contracts/proto/inference/ModelMetadataResponse';
import { isAppError } from '@parlance/errors';
import { outsideCall } from '@parlance/resilience';
import { GrpcClientPool, watchedCertificates } from '@parlance/rpc';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** The longest message that inference accepts by default; twice the longest body of a request (`MAX_BODY_BYTES`). */
const MAX_MESSAGE_BYTES = 32 * 1024 ** 2;

/** The inference pods, asked about their models. */
@Injectable()
export class ModelsPool extends GrpcClientPool<GRPCInferenceServiceClient> {
  constructor(
    @Inject(GATEWAY_CONFIG) config: Pick<GatewayConfig, 'recognition' | 'mutualTls' | 'tlsReloadMs'>,
    @Inject(LOGGER) logger: Logger,
  ) {
    const certificates = watchedCertificates(config.mutualTls, config.tlsReloadMs, logger);
    super('inference', {
      ...config.recognition,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      waitForPeerMs: 0,
      certificates,
      logger,
    });
  }
}

/** What recognition has in memory. */
@Injectable()
export class LoadedModelsClient {
  private readonly names: readonly string[];
  private readonly call = outsideCall({
    name: 'Speech recognition',
    timeoutMs: 2_000,
    attempts: 2,
    breaker: { failures: 5, halfOpenAfterMs: 1_000 },
  });

  constructor(
    private readonly pool: ModelsPool,
    @Inject(GATEWAY_CONFIG) { recognition }: Pick<GatewayConfig, 'recognition'>,
  ) {
    const { defaultModel, otherModels, openAiModels } = recognition;
    const aliased = openAiModels.map(({ model }) => model).filter((model) => model !== '');
    this.names = [...new Set([defaultModel, ...otherModels, ...aliased])];
  }

  /** Codes of the languages of the models that are ready. @throws AppError upstream.unavailable */
  async languages(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const known = await Promise.all(this.names.map((name) => this.languagesOf(name, signal)));
    return new Set(known.flat());
  }

  /** When the files of the models were installed or compiled, seconds since 1970; without models that the pod does not have.
   *  @throws AppError upstream.unavailable */
  async installed(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const times = await Promise.all(
      this.names.map(async (name) => {
        const { installed_at: seconds } = await this.describe(name, signal);
        return [name, Number(seconds)] as const;
      }),
    );
    return new Map(times.filter(([, time]) => time > 0));
  }

  private async languagesOf(name: string, signal: AbortSignal): Promise<readonly string[]> {
    const { state, languages = '' } = await this.describe(name, signal);
    return state === 'ready' && languages !== '' ? languages.split(',') : [];
  }

  /** What a pod says of a model; nothing where it does not have it. */
  private async describe(
    name: string,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string | undefined>>> {
    try {
      const { properties } = await this.call.execute(
        (attempt) =>
          this.pool.call<ModelMetadataResponse__Output>(
            (client, answer) => client.ModelMetadata({ name }, answer),
            attempt.signal,
          ),
        signal,
      );
      return properties;
    } catch (error) {
      // It is configured, but not on that pod.
      if (isAppError(error) && error.code === 'model.not_found') return {};
      throw error;
    }
  }
}
