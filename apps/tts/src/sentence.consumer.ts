import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ReplySentence, RequestIdentity, TurnEvent, TurnIdentity } from '@parlance/contracts';
import { isAppError, type AppError, type ErrorCode } from '@parlance/errors';
import { MessageBus, type WorkContext, type WorkHandler } from '@parlance/messaging';
import { TurnRepository, type SpokenSentences } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { noteFallback, TurnFailureService, turnLatency } from '@parlance/turns';
import { FirstSentences } from './speech/first-sentences.js';
import { speechOrder, type SpeechOrder } from './speech/speech-order.js';
import { SpeechService } from './speech/speech.service.js';
import { TTS_CONFIG, type TtsConfig } from './tts.config.js';

/** Number of announced sentences that are remembered. */
const MOST_TOLD = 10_000;
/** What has no letter and no digit cannot be spoken; in a reply it is a pause. */
const WORDS = /[\p{L}\p{N}]/u;
/** What a chain of engines fails with that has been tried to its end: the sentence stays text at once, since each engine has had its retries
 *  and someone is waiting. */
const NO_ENGINE_CAN: ReadonlySet<ErrorCode> = new Set([
  'upstream.unavailable',
  'model.invalid',
  'request.deadline_exceeded',
  'speech.unsupported_script',
]);

/** Takes the sentences of replies from the queue: speaks each, records where its sound lies, tells the client. Sentences are
 *  spoken in parallel behind the first one and announced in order; one that no engine can speak is announced as text. */
@Injectable()
export class SentenceConsumer implements OnApplicationBootstrap, WorkHandler<ReplySentence> {
  /** `turn:index` of the sentences that this process has announced, oldest first. */
  private readonly told = new Set<string>();
  private readonly first = new FirstSentences();

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

  async handle(sentence: ReplySentence, context: WorkContext): Promise<void> {
    const { identity, index } = sentence;
    await this.first.run(identity.turn, index, () => this.dealWith(sentence, context));
  }

  /** What would have come to pass another time stays text; a request that is wrong fails its turn. */
  async fail(error: AppError, about: Partial<RequestIdentity>, sentence?: ReplySentence): Promise<void> {
    if (!error.retryable || !sentence) return this.failures.report('tts', error, about);
    await this.tell(sentence.identity, await this.leaveAsText(sentence, this.orderOf(sentence), error));
  }

  private async dealWith(
    sentence: ReplySentence,
    { signal, isRequeued, publishedAt, delivery }: WorkContext,
  ): Promise<void> {
    const { identity, index } = sentence;
    if (isRequeued) await this.failures.withdraw(identity);
    // Nobody has had a new message before.
    const isNew = delivery === 1 && !isRequeued;
    const known = isNew ? undefined : await this.turns.get(identity);
    const isDealtWith = [...(known?.speech ?? []), ...(known?.unspoken ?? [])].some(
      (one) => one.index === index,
    );
    await this.tell(identity, known && isDealtWith ? known : await this.speak(sentence, signal));
    const tookMs = Math.max(0, Date.now() - publishedAt.getTime());
    turnLatency().observe({ stage: 'tts' }, tookMs / 1_000);
    this.logger.info({ index, tookMs }, 'sentence dealt with');
  }

  /** Announces every sentence that is dealt with from the first one up to a gap. The process that fills the gap announces those behind
   *  it; a sentence that two processes announce arrives once, by its id. */
  private async tell(identity: TurnIdentity, { speech, unspoken }: SpokenSentences): Promise<void> {
    const events = new Map<number, TurnEvent>([
      ...unspoken.map((one) => [one.index, { name: 'speech.failed', data: { identity, ...one } }] as const),
      ...speech.map((one) => [one.index, { name: 'speech.ready', data: { identity, ...one } }] as const),
    ]);
    for (let index = 0; events.has(index); index += 1) {
      const id = `${identity.turn}:${index}`;
      if (this.told.has(id)) continue;
      await this.bus.publishEvent(events.get(index)!);
      this.told.add(id);
      if (this.told.size > MOST_TOLD) this.told.delete(this.told.values().next().value!);
    }
  }

  /** @returns what is known of the turn's sentences then */
  private async speak(sentence: ReplySentence, signal: AbortSignal): Promise<SpokenSentences> {
    const { identity, index } = sentence;
    const order = this.orderOf(sentence);
    try {
      const { audio, durationMs, engine, voice, words, degraded } = await this.speech.keep(order, signal);
      const speech = { index, audio, durationMs, engine, voice, words: [...words] };
      this.logger.info({ index, engine, voice, durationMs, degraded }, 'sentence spoken');
      return await this.turns.recordSpeech(identity, { ...speech, ...(degraded ? { degraded } : {}) });
    } catch (error) {
      if (signal.aborted || !isAppError(error) || !NO_ENGINE_CAN.has(error.code)) throw error;
      return this.leaveAsText(sentence, order, error);
    }
  }

  private async leaveAsText(
    { identity, index }: ReplySentence,
    order: SpeechOrder,
    { code, message, retryable }: AppError,
  ): Promise<SpokenSentences> {
    const engines = this.speech.enginesFor(order);
    noteFallback('speech', engines.at(-1)!, 'text', code);
    const degraded = { stage: 'speech', from: engines[0]!, to: 'text', reason: code } as const;
    await this.turns.recordUnspoken(identity, { index, error: { code, message, retryable }, degraded });
    this.logger.warn({ index, code, engines }, 'no engine could speak the sentence, it stays text');
    return this.turns.get(identity);
  }

  private orderOf({ identity, text, voice, language, speed }: ReplySentence): SpeechOrder {
    const encoding = `SPEECH_ENCODING_${this.config.speech.replyEncoding}` as const;
    const order = speechOrder({ text, voice, language, encoding, speed, tenant: identity.tenant });
    return { ...order, session: identity.session, isPause: !WORDS.test(text) };
  }
}
