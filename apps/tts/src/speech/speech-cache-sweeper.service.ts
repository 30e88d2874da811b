import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PeriodicWork } from '@parlance/resilience';
import { counter, LOGGER, workFailureReporter, type Logger } from '@parlance/telemetry';
import { TTS_CONFIG, type TtsConfig } from '../tts.config.js';
import { SpeechCache } from './speech-cache.service.js';

const evicted = () => counter('parlance_speech_evicted_total');

/** Keeps the speech cache within its bounds. Every process does it, each at its own times. */
@Injectable()
export class SpeechCacheSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly work: PeriodicWork;

  constructor(
    private readonly cache: SpeechCache,
    @Inject(TTS_CONFIG) private readonly config: Pick<TtsConfig, 'cache'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.work = new PeriodicWork(() => this.sweep(), {
      everyMs: config.cache.sweepMs,
      onFailure: workFailureReporter(
        logger,
        'speech-cache',
        'kept speech could not be swept, it is tried again',
      ),
    });
  }

  onApplicationBootstrap(): void {
    this.work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  private async sweep(): Promise<void> {
    const removed = await this.cache.sweep(this.config.cache);
    evicted().inc(removed);
    if (removed > 0) this.logger.info({ removed }, 'kept speech removed');
  }
}
