import { Inject, Injectable } from '@nestjs/common';
import type { Correction, ReplySentence, TurnTranscribed } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { MessageBus } from '@parlance/messaging';
import { TurnRepository, type DraftSentence, type TurnRecord } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { turnLatency } from '@parlance/turns';
import { GrammarService } from '../grammar/grammar.service.js';
import { ReplyWriterService } from './reply-writer.service.js';
import { TurnOrderService } from './turn-order.service.js';

/** Exchanges a model remembers. */
const CONTEXT_TURNS = 6;

/** Answers one turn. Each sentence is stored before it is published, so that after a crash the reply continues where it
 *  stopped: no sentence is spoken twice, and none in two versions. */
@Injectable()
export class ReplyService {
  constructor(
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
    private readonly grammar: GrammarService,
    private readonly writer: ReplyWriterService,
    private readonly order: TurnOrderService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws Postponed while an earlier turn of the session is open
   *  @throws AppError retryable when the reply is to be continued by another delivery */
  async answer(turn: TurnTranscribed, signal: AbortSignal): Promise<void> {
    const kept = await this.turns.get(turn.identity);
    if (kept.state === 'failed') return;
    if (kept.state === 'transcribed') await this.order.waitForPrevious(turn);

    const sentences = [...kept.draft];
    // A crash may have come between keeping a sentence and saying so; what was said already is dropped by its id.
    for (const sentence of sentences) await this.announce(turn, sentence);
    if (kept.state === 'transcribed') {
      const corrections = await this.grammar.check(turn.text, turn.language);
      await this.write(turn, sentences, corrections, signal);
      await this.complete(turn, sentences, corrections);
    }
    const answered = await this.turns.get(turn.identity);
    await this.announceReply(answered, turn);
    this.report(turn, answered);
  }

  private async write(
    turn: TurnTranscribed,
    sentences: DraftSentence[],
    corrections: readonly Correction[],
    signal: AbortSignal,
  ): Promise<void> {
    const { tenant, session } = turn.identity;
    const history = await this.turns.recentExchanges(tenant, session, turn.sequence, CONTEXT_TURNS);
    const prompt = { turn, corrections, history, written: sentences.map(({ text }) => text) };
    for await (const written of this.writer.write(prompt, sentences[0]?.model, signal)) {
      if (signal.aborted)
        throw new AppError('request.deadline_exceeded', 'The reply took longer than its limit.');
      const sentence = { index: sentences.length, ...written };
      const standing = await this.turns.appendSentence(turn.identity, sentence);
      if (standing.text !== sentence.text)
        throw new AppError('upstream.unavailable', 'Someone else is writing this reply.');
      sentences.push(standing);
      await this.announce(turn, standing);
    }
  }

  private async complete(
    turn: TurnTranscribed,
    sentences: readonly DraftSentence[],
    corrections: readonly Correction[],
  ): Promise<void> {
    if (sentences.length === 0) throw new AppError('upstream.unavailable', 'The reply came out empty.');
    await this.turns.completeReply(turn.identity, {
      text: sentences.map(({ text }) => text).join(' '),
      sentences: sentences.length,
      model: sentences[0]!.model,
      corrections,
      repliedAt: new Date(),
    });
  }

  /** The voice is asked first: it has the longer way. */
  private async announce(turn: TurnTranscribed, { index, text, model }: DraftSentence): Promise<void> {
    const { identity, speak, voice } = turn;
    const language = this.writer.languageOf(model, turn);
    const sentence: ReplySentence = { identity, index, text, speak, voice, language };
    if (speak) await this.bus.publishWork('replySentence', sentence);
    await this.bus.publishEvent({ name: 'reply.sentence', data: sentence });
  }

  private report(turn: TurnTranscribed, { reply }: TurnRecord): void {
    const tookMs = Math.max(0, Date.now() - Date.parse(turn.occurredAt));
    turnLatency().observe({ stage: 'conversation' }, tookMs / 1_000);
    const { model, sentences } = reply!;
    this.logger.info({ model, sentences, sequence: turn.sequence, tookMs }, 'turn answered');
  }

  private async announceReply({ reply }: TurnRecord, { identity, speak }: TurnTranscribed): Promise<void> {
    if (!reply) throw new AppError('upstream.unavailable', 'The reply is not complete yet.');
    const { text, sentences, model, corrections } = reply;
    await this.bus.publishEvent({
      name: 'turn.replied',
      data: { identity, text, sentences, speak, model, corrections: [...corrections] },
    });
  }
}
