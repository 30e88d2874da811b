import { Inject, Injectable } from '@nestjs/common';
import type { Correction, FeedbackReport, TurnTranscribed } from '@parlance/contracts';
import { MessageBus } from '@parlance/messaging';
import { TurnRepository } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { noteFallback } from '@parlance/turns';
import { ReplyContextService } from '../context/reply-context.service.js';
import { isAddressedToModel, isUncertain } from '../context/turn-trust.js';
import { LanguageModels, type GroqLanguageModel } from '../language-model/groq.provider.js';
import type { ReplyContext } from '../language-model/language-model.js';
import { fallbackReason, unusable } from '../language-model/server-faults.js';
import { subjectOf, TokenUsageService } from '../language-model/token-usage.service.js';
import { MODERATION } from '../moderation/moderation.service.js';
import { builtinReport, measuredFluency, uncertainReport } from './builtin-report.js';
import { readReport } from './report-answer.js';
import { repairQuestion, reportQuestion } from './report-request.js';

/** A report takes no longer, all models together; then the built-in coach writes it. */
const LIMIT_MS = 20_000;
const COACH = 'builtin-coach';

/** Reports what was good and what was not in a turn, after its reply. */
@Injectable()
export class FeedbackService {
  constructor(
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
    private readonly contexts: ReplyContextService,
    private readonly models: LanguageModels,
    private readonly usage: TokenUsageService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Writes, keeps and publishes the report of an answered turn; does nothing new the second time. There is none on what
   *  moderation did not let pass. @throws AppError store.unavailable, upstream.unavailable */
  async give(turn: TurnTranscribed, signal: AbortSignal): Promise<void> {
    const { identity } = turn;
    const { reply, feedback } = await this.turns.get(identity);
    if (!reply || reply.model === MODERATION) return;
    const report =
      feedback ??
      (await this.turns.recordFeedback(identity, await this.write(turn, reply.corrections, signal)));
    await this.bus.publishEvent({ name: 'turn.feedback', data: { identity, report } });
  }

  private async write(
    turn: TurnTranscribed,
    corrections: readonly Correction[],
    signal: AbortSignal,
  ): Promise<FeedbackReport> {
    if (isUncertain(turn)) return uncertainReport(turn);
    const context = await this.contexts.load(turn);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const models = isAddressedToModel(turn.text) ? [] : this.models.configured;
    for (const [at, model] of models.entries()) {
      try {
        return await this.ask(model, turn, context, limit);
      } catch (error) {
        const next = models[at + 1]?.name ?? COACH;
        noteFallback('feedback', model.name, next, fallbackReason(error));
        this.logger.warn({ err: error, model: model.name, next }, 'the language model wrote no report');
      }
    }
    return builtinReport(turn, corrections, context);
  }

  /** @throws AppError also where the answer does not fit after it was sent back once */
  private async ask(
    model: GroqLanguageModel,
    turn: TurnTranscribed,
    context: ReplyContext,
    signal: AbortSignal,
  ): Promise<FeedbackReport> {
    const question = context.exchanges.at(-1)?.reply ?? context.scenario?.opening ?? '';
    let asked = reportQuestion(turn, context, question);
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const { text, usage } = await model.answer(asked, signal);
      if (usage) this.usage.count(subjectOf(turn), model.model, 'feedback', usage);
      const read = readReport(text, turn.text);
      if ('report' in read)
        return {
          ...read.report,
          uncertain: false,
          rubric: { ...read.scores, fluency: measuredFluency(turn) },
          model: model.name,
        };
      asked = repairQuestion(asked, text, read.fault);
    }
    throw unusable('schema');
  }
}
