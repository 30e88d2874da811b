import { Inject, Injectable } from '@nestjs/common';
import type { Correction, ReplySentence, TurnTranscribed } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { MessageBus } from '@parlance/messaging';
import {
  TurnRepository,
  UsageLedger,
  type DraftSentence,
  type TokenUsage,
  type TurnRecord,
} from '@parlance/persistence';
import { LOGGER, traceWords, type Logger } from '@parlance/telemetry';
import { turnLatency } from '@parlance/turns';
import { isUncertain } from '../context/turn-trust.js';
import { GrammarService } from '../grammar/grammar.service.js';
import { LanguageModels } from '../language-model/groq.provider.js';
import type { ReplyContext, ReplyPrompt } from '../language-model/language-model.js';
import { subjectOf, TokenUsageService } from '../language-model/token-usage.service.js';
import { MODERATION, ModerationService } from '../moderation/moderation.service.js';
import { ReplyWriterService, type WrittenPart, type WrittenSentence } from './reply-writer.service.js';
import { TurnOrderService } from './turn-order.service.js';

/** Answers one turn. Each sentence is stored before it is published, so that after a crash the reply continues where it
 *  stopped: no sentence is spoken twice, and none in two versions. */
@Injectable()
export class ReplyService {
  constructor(
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
    private readonly grammar: GrammarService,
    private readonly moderation: ModerationService,
    private readonly writer: ReplyWriterService,
    private readonly models: LanguageModels,
    private readonly usage: TokenUsageService,
    private readonly ledger: UsageLedger,
    private readonly order: TurnOrderService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws Postponed while an earlier turn of the session is open
   *  @throws AppError retryable when the reply is to be continued by another delivery */
  async answer(turn: TurnTranscribed, signal: AbortSignal): Promise<void> {
    const [kept, context] = await Promise.all([this.turns.get(turn.identity), this.order.contextOf(turn)]);
    if (kept.state === 'failed') return;

    const sentences = [...kept.draft];
    // A crash may have come between keeping a sentence and saying so; what was said already is dropped by its id.
    for (const sentence of sentences) await this.announce(turn, sentence);
    if (kept.state === 'transcribed') await this.write(turn, sentences, context, signal);
    const answered = await this.turns.get(turn.identity);
    await this.announceReply(answered, turn);
    this.report(turn, answered);
  }

  /** Writes the reply to its end, from after the sentences that are kept. */
  private async write(
    turn: TurnTranscribed,
    sentences: DraftSentence[],
    context: ReplyContext,
    signal: AbortSignal,
  ): Promise<void> {
    const begunBy = sentences[0]?.model;
    // What was perhaps never said is not corrected. The reply begins before this is known.
    const remarks = isUncertain(turn) ? Promise.resolve([]) : this.grammar.check(turn.text, turn.language);
    const refusal = begunBy === undefined ? await this.moderation.refusalOf(turn.text, signal) : undefined;
    const isRefused = refusal !== undefined || begunBy === MODERATION;
    const corrections = isRefused ? Promise.resolve([]) : remarks;
    if (refusal !== undefined) await this.add(turn, sentences, { text: refusal, model: MODERATION });
    const prompt = { turn, corrections, context, written: sentences.map(({ text }) => text) };
    const usage = isRefused ? undefined : await this.converse(prompt, sentences, signal);
    await this.complete(turn, sentences, await corrections, usage);
  }

  private async converse(
    prompt: ReplyPrompt,
    sentences: DraftSentence[],
    signal: AbortSignal,
  ): Promise<TokenUsage | undefined> {
    const { turn } = prompt;
    let usage: TokenUsage | undefined;
    for await (const part of this.writer.write(prompt, sentences[0]?.model, signal)) {
      if (signal.aborted)
        throw new AppError('request.deadline_exceeded', 'The reply took longer than its limit.');
      if ('usage' in part) usage = this.count(turn, part);
      else await this.add(turn, sentences, part);
    }
    return usage;
  }

  /** Keeps the reply's next sentence, then says so. */
  private async add(
    turn: TurnTranscribed,
    sentences: DraftSentence[],
    written: WrittenSentence,
  ): Promise<void> {
    const sentence = { index: sentences.length, ...written };
    const standing = await this.turns.appendSentence(turn.identity, sentence);
    if (standing.text !== sentence.text)
      throw new AppError('upstream.unavailable', 'Someone else is writing this reply.');
    if (turn.speak) this.ledger.count(subjectOf(turn), { characters: standing.text.length });
    sentences.push(standing);
    await this.announce(turn, standing);
  }

  private count(turn: TurnTranscribed, { model, usage }: Extract<WrittenPart, { usage: unknown }>) {
    const served = this.models.configured.find(({ name }) => name === model);
    return this.usage.count(subjectOf(turn), served?.model ?? model, 'reply', usage);
  }

  private async complete(
    turn: TurnTranscribed,
    sentences: readonly DraftSentence[],
    corrections: readonly Correction[],
    usage: TokenUsage | undefined,
  ): Promise<void> {
    const [first] = sentences;
    if (!first) throw new AppError('upstream.unavailable', 'The reply came out empty.');
    await this.turns.completeReply(turn.identity, {
      text: sentences.map(({ text }) => text).join(' '),
      sentences: sentences.length,
      model: first.model,
      corrections,
      ...(first.degraded ? { degraded: first.degraded } : {}),
      ...(usage ? { usage } : {}),
      repliedAt: new Date(),
    });
  }

  /** The voice is asked first: it has the longer way. */
  private async announce(turn: TurnTranscribed, { index, text, model }: DraftSentence): Promise<void> {
    const { identity, speak, voice, speed } = turn;
    const language = this.writer.languageOf(model, turn);
    const sentence: ReplySentence = { identity, index, text, speak, voice, speed, language };
    if (speak) await this.bus.publishWork('replySentence', sentence);
    await this.bus.publishEvent({ name: 'reply.sentence', data: sentence });
  }

  private report(turn: TurnTranscribed, { reply }: TurnRecord): void {
    const tookMs = Math.max(0, Date.now() - Date.parse(turn.occurredAt));
    turnLatency().observe({ stage: 'conversation' }, tookMs / 1_000);
    const { model, sentences } = reply!;
    this.logger.info({ model, sentences, sequence: turn.sequence, tookMs }, 'turn answered');
  }

  /** What fell back is told in one place: in the recognition of what was said, and in the reply to it. */
  private async announceReply(
    { reply }: TurnRecord,
    { identity, speak, degraded: before = [] }: TurnTranscribed,
  ): Promise<void> {
    if (!reply) throw new AppError('upstream.unavailable', 'The reply is not complete yet.');
    const { text, sentences, model, corrections, degraded = [], usage } = reply;
    traceWords(identity.tenant, { 'parlance.reply.text': text });
    await this.bus.publishEvent({
      name: 'turn.replied',
      data: {
        identity,
        text,
        sentences,
        speak,
        model,
        corrections: [...corrections],
        degraded: [...before, ...degraded],
        ...(usage ? { usage: { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens } } : {}),
      },
    });
  }
}
