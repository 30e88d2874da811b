import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AppError } from '#libs/errors';
import { LOGGER, type Logger } from '#libs/telemetry';
import { TTS_CONFIG, type TtsConfig } from '../tts.config.js';
import { LocalVoice } from './local-voice.js';
import { PollySynthesizer } from './polly.provider.js';
import type { SpeechSynthesizer, SpeechVoice } from './speech-synthesizer.js';

const INIT_AGAIN_MS = 30_000;

/** A voice of one engine. */
export interface ChosenVoice {
  readonly synthesizer: SpeechSynthesizer;
  readonly voice: string;
}

/** The engines this process speaks with, best first. With `auto` that is Polly when AWS credentials are configured, with the
 *  local voice behind it; an engine asked for by name stands alone. */
@Injectable()
export class SpeechEnginesService implements OnModuleInit, OnApplicationShutdown {
  private readonly engines: readonly SpeechSynthesizer[];
  private retry: NodeJS.Timeout | undefined;

  constructor(
    @Inject(TTS_CONFIG) config: TtsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.engines = enginesOf(config);
  }

  /** @throws Error when the last engine is not there */
  async onModuleInit(): Promise<void> {
    for (const synthesizer of this.engines) {
      if (synthesizer === this.engines.at(-1)) await synthesizer.init();
      else await this.tryInit(synthesizer);
    }
  }

  onApplicationShutdown(): void {
    clearTimeout(this.retry);
  }

  private async tryInit(synthesizer: SpeechSynthesizer): Promise<void> {
    try {
      await synthesizer.init();
    } catch (error) {
      this.logger.warn({ err: error, engine: synthesizer.engine }, 'an engine is down, the next one speaks');
      this.retry = setTimeout(() => void this.tryInit(synthesizer), INIT_AGAIN_MS);
    }
  }

  voices(): readonly (SpeechVoice & { readonly engine: string })[] {
    return this.engines.flatMap((synthesizer) =>
      synthesizer.voices().map((voice) => ({ ...voice, engine: synthesizer.engine })),
    );
  }

  /** The name of the voice an empty name asks for. */
  defaultVoice(): string {
    return this.choose('')[0]!.voice;
  }

  /** Engines that can speak, each with its voice, best first. An engine behind the one whose voice it is speaks with its
   *  default voice.
   *  @throws AppError voice.not_found when no engine has a voice of this name */
  choose(name: string): ChosenVoice[] {
    const known = this.engines.findIndex((synthesizer) => synthesizer.resolveVoice(name) !== undefined);
    if (known < 0) throw new AppError('voice.not_found', `There is no voice named "${name.slice(0, 64)}".`);
    return this.engines.slice(known).flatMap((synthesizer) => {
      const voice = synthesizer.resolveVoice(name) ?? synthesizer.resolveVoice('');
      return voice === undefined ? [] : [{ synthesizer, voice }];
    });
  }
}

function enginesOf(config: TtsConfig): SpeechSynthesizer[] {
  const local = new LocalVoice({
    command: config.PARLANCE_ESPEAK,
    defaultVoice: config.PARLANCE_LOCAL_VOICE,
  });
  const engine = config.PARLANCE_TTS_ENGINE;
  if (engine === 'local' || (engine === 'auto' && !config.hasAwsCredentials)) return [local];
  const polly = new PollySynthesizer({
    region: config.AWS_REGION,
    model: config.PARLANCE_POLLY_MODEL,
    defaultVoice: config.PARLANCE_POLLY_VOICE,
    ...(config.PARLANCE_POLLY_ENDPOINT ? { endpoint: config.PARLANCE_POLLY_ENDPOINT } : {}),
  });
  return engine === 'polly' ? [polly] : [polly, local];
}
