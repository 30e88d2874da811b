import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { turnIdentitySchema, type ReplySentence, type RequestIdentity } from '#libs/contracts';
import type { AppError } from '#libs/errors';
import { MessageBus, workOptionsFrom, type WorkContext, type WorkHandler } from '#libs/messaging';
import { TurnRepository, type TurnSpeech } from '#libs/persistence';
import { histogram, LOGGER, type Logger } from '#libs/telemetry';
import { speechOrder } from './speech/speech-order.js';
import { SpeechService } from './speech/speech.service.js';
import { TTS_CONFIG, type TtsConfig } from './tts.config.js';

const latency = () =>
  histogram('parlance_turn_latency_seconds', 'Time from the end of one stage to the end of the next.', [
    'stage',
  ]);

/** Takes the sentences of replies from the queue: speaks each, records where its sound lies, tells the client. */
@Injectable()
export class SentenceConsumer implements OnApplicationBootstrap, WorkHandler<ReplySentence> {
  constructor(
    @Inject(MessageBus) private readonly bus: MessageBus,
    @Inject(SpeechService) private readonly speech: SpeechService,
    @Inject(TurnRepository) private readonly turns: TurnRepository,
    @Inject(TTS_CONFIG) private readonly config: TtsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.bus.consumeWork('replySentence', this, workOptionsFrom(this.config));
  }

  async handle(sentence: ReplySentence, { signal, publishedAt }: WorkContext): Promise<void> {
    const { identity, index } = sentence;
    const turn = await this.turns.get(identity);
    const spoken =
      turn.speech.find((speech) => speech.index === index) ?? (await this.speak(sentence, signal));
    const { audio, durationMs, engine, voice } = spoken;
    await this.bus.publishEvent({
      name: 'speech.ready',
      data: { identity, index, audio, durationMs, engine, voice },
    });
    const tookMs = Math.max(0, Date.now() - publishedAt.getTime());
    latency().observe({ stage: 'tts' }, tookMs / 1_000);
    this.logger.info({ index, engine, voice, durationMs, tookMs }, 'sentence spoken');
  }

  async giveUp(error: AppError, about: Partial<RequestIdentity>): Promise<void> {
    const identity = turnIdentitySchema.safeParse(about);
    // Nobody waits for a message that does not say whose it is.
    if (!identity.success) return;
    const { code, message, retryable } = error;
    const failure = { stage: 'tts', error: { code, message, retryable } } as const;
    await this.turns.fail(identity.data, failure);
    await this.bus.publishEvent({ name: 'turn.failed', data: { identity: identity.data, ...failure } });
  }

  private async speak(
    { identity, index, text, voice }: ReplySentence,
    signal: AbortSignal,
  ): Promise<TurnSpeech> {
    const order = speechOrder({ text, voice, encoding: this.config.PARLANCE_REPLY_ENCODING, speed: 1 });
    const speech = { index, ...(await this.speech.keep(order, signal)) };
    await this.turns.recordSpeech(identity, speech);
    return speech;
  }
}
