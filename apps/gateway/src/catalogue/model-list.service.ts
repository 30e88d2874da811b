import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { LoadedModelsClient } from './loaded-models.client.js';

/** A model as OpenAI's API lists it. */
export interface OpenAiModel {
  readonly id: string;
  readonly object: 'model';
  /** When its files were installed or compiled, seconds since 1970. */
  readonly created: number;
  readonly owned_by: string;
  /** The model that recognises by this name, `id` for its own; left out for names of speech models, which stand for every voice. */
  readonly root?: string;
}

interface InstallTimes {
  /** Of models of recognition, by their own names. */
  readonly models: ReadonlyMap<string, number>;
  /** Of the voice that speaks where none is named; 0: it has no files here. */
  readonly voice: number;
}

/** How long answers of the services are taken for the truth. */
const FRESH_MS = 10_000;
const LIMIT_MS = 2_000;

/** The configured models and OpenAI's names that stand for some, with when each was installed. */
@Injectable()
export class ModelList {
  /** For what no service tells the time of: what has no files, and all while the services are away. */
  private readonly platformInstalled = installedAt(import.meta.url);
  private kept: { readonly of: Promise<InstallTimes>; readonly until: number } | undefined;

  constructor(
    private readonly models: LoadedModelsClient,
    private readonly voices: VoicesService,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'recognition' | 'synthesis'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async load(now = Date.now()): Promise<OpenAiModel[]> {
    const { defaultModel, otherModels, openAiModels } = this.config.recognition;
    const { models, voice } = await this.times(now);
    const aliases = openAiModels.map(({ name, model }) => [name, model || defaultModel] as const);
    const ownNames = [defaultModel, ...otherModels].map((name) => [name, name] as const);
    const speech = this.config.synthesis.models.map((name) => entryOf(name, voice || this.platformInstalled));
    const recognition = [...new Map([...aliases, ...ownNames])].map(([name, model]) => ({
      ...entryOf(name, models.get(model) ?? this.platformInstalled),
      root: model,
    }));
    return [...recognition, ...speech];
  }

  private times(now: number): Promise<InstallTimes> {
    if (!this.kept || now >= this.kept.until) this.kept = { of: this.ask(), until: now + FRESH_MS };
    return this.kept.of;
  }

  private async ask(): Promise<InstallTimes> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const [models, voice] = await Promise.all([
      this.known('recognition', this.models.installed(signal), new Map<string, number>()),
      this.known('synthesis', this.voiceInstalled(signal), 0),
    ]);
    return { models, voice };
  }

  private async voiceInstalled(signal: AbortSignal): Promise<number> {
    const { voices, defaultVoice } = await this.voices.list(signal);
    return voices.find(({ name }) => name === defaultVoice)?.installedAt ?? 0;
  }

  /** A list without the times is better than none. */
  private async known<Answer>(service: string, asked: Promise<Answer>, otherwise: Answer): Promise<Answer> {
    try {
      return await asked;
    } catch (error) {
      this.logger.warn({ err: error, service }, 'when models were installed is not known');
      return otherwise;
    }
  }
}

function entryOf(id: string, created: number): OpenAiModel {
  return { id, object: 'model', created, owned_by: 'parlance' };
}

function installedAt(url: string): number {
  return Math.floor(statSync(fileURLToPath(url)).mtimeMs / 1_000);
}
