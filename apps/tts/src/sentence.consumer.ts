import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ReplySentence, RequestIdentity, TurnIdentity } from '@parlance/contracts';
import type { AppError } from '@parlance/errors';
import { MessageBus, type WorkContext, type WorkHandler } from '@parlance/messaging';
import { TurnRepository, type TurnSpeech } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { TurnFailureService, turnLatency } from '@parlance/turns';
import { speechOrder } from './speech/speech-order.js';
import { SpeechService } from './speech/speech.service.js';
import { TTS_CONFIG, type TtsConfig } from './tts.config.js';

/** Number of announced sentences that are remembered. */
const MOST_TOLD = 10_000;
/** What has no letter and no digit cannot be spoken; in a reply it is a pause. */
const WORDS = /[\p{L}\p{N}]/u;

/** Takes the sentences of replies from the queue: speaks each, records where its sound lies, tells the client. Sentences are
 *  spoken in parallel and announced in order. */
@Injectable()
export class SentenceConsumer implements OnApplicationBootstrap, WorkHandler<ReplySentence> {
  /** `turn:index` of the sentences that this process has announced, oldest first. */
  private readonly told = new Set<string>();

  constructor(
    private readonly bus: MessageBus,
    private readonly speech: SpeechService,
    private readonly turns: TurnRepository,
    private readonly failures: TurnFailureService,
    @Inject(TTS_CONFIG) private readonly config: TtsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.bus.consumeWork('replySentence', this, this.config.work);
  }

  async handle(sentence: ReplySentence, { signal, publishedAt }: WorkContext): Promise<void> {
    const { identity, index } = sentence;
    const turn = await this.turns.get(identity);
    const spoken =
      turn.speech.find((speech) => speech.index === index) ?? (await this.speak(sentence, signal));
    const { durationMs, engine, voice } = spoken;
    await this.tell(identity);
    const tookMs = Math.max(0, Date.now() - publishedAt.getTime());
    turnLatency().observe({ stage: 'tts' }, tookMs / 1_000);
    this.logger.info({ index, engine, voice, durationMs, tookMs }, 'sentence spoken');
  }

  async fail(error: AppError, about: Partial<RequestIdentity>): Promise<void> {
    await this.failures.report('tts', error, about);
  }

  /** Announces every recorded sentence from the first one up to a gap. The process that fills the gap announces those behind it; a
   *  sentence that two processes announce arrives once, by its id. */
  private async tell(identity: TurnIdentity): Promise<void> {
    const { speech } = await this.turns.get(identity);
    const recorded = new Map(speech.map((one) => [one.index, one]));
    for (let ready = recorded.get(0); ready; ready = recorded.get(ready.index + 1)) {
      const id = `${identity.turn}:${ready.index}`;
      if (this.told.has(id)) continue;
      const { index, audio, durationMs, engine, voice } = ready;
      const data = { identity, index, audio, durationMs, engine, voice };
      await this.bus.publishEvent({ name: 'speech.ready', data });
      this.told.add(id);
      if (this.told.size > MOST_TOLD) this.told.delete(this.told.values().next().value!);
    }
  }

  private async speak(
    { identity, index, text, voice, language }: ReplySentence,
    signal: AbortSignal,
  ): Promise<TurnSpeech> {
    const encoding = `SPEECH_ENCODING_${this.config.speech.replyEncoding}` as const;
    const order = speechOrder({ text, voice, language, encoding, speed: 1, tenant: identity.tenant });
    const speech = {
      index,
      ...(await this.speech.keep({ ...order, isPause: !WORDS.test(text) }, signal)),
    };
    await this.turns.recordSpeech(identity, speech);
    return speech;
  }
}
