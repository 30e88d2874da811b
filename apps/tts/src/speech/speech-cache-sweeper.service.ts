import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { counter, LOGGER, type Logger } from '@parlance/telemetry';
import { TTS_CONFIG, type TtsConfig } from '../tts.config.js';
import { SpeechCache } from './speech-cache.service.js';

const evicted = () =>
  counter('parlance_speech_evicted_total', 'Kept speech that was removed for its size or age.');

/** Keeps the speech cache within its bounds. Every process does it, each at its own times. */
@Injectable()
export class SpeechCacheSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly cache: SpeechCache,
    @Inject(TTS_CONFIG) private readonly config: Pick<TtsConfig, 'cache'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.plan();
  }

  onApplicationShutdown(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** After half to one and a half of the time, so that processes do not all come at once. */
  private plan(): void {
    if (this.isStopped) return;
    const { sweepMs } = this.config.cache;
    this.timer = setTimeout(() => void this.sweep(), sweepMs * (0.5 + Math.random())).unref();
  }

  private async sweep(): Promise<void> {
    try {
      const removed = await this.cache.sweep(this.config.cache);
      evicted().inc(removed);
      if (removed > 0) this.logger.info({ removed }, 'kept speech removed');
    } catch (error) {
      this.logger.warn({ err: error }, 'kept speech could not be swept, it is tried again');
    } finally {
      this.plan();
    }
  }
}
