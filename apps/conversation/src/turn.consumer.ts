import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { RequestIdentity, TurnTranscribed } from '@parlance/contracts';
import type { AppError } from '@parlance/errors';
import { MessageBus, type WorkContext, type WorkHandler } from '@parlance/messaging';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { TurnFailureService } from '@parlance/turns';
import { SessionLessons } from './context/session-lessons.service.js';
import { SessionSummaryService } from './context/session-summary.service.js';
import { CONVERSATION_CONFIG, type ConversationConfig } from './conversation.config.js';
import { EvaluationService } from './evaluation/evaluation.service.js';
import { FeedbackService } from './feedback/feedback.service.js';
import { TurnPractice } from './practice/turn-practice.service.js';
import { ReplyService } from './reply/reply.service.js';
import { TurnIndexing } from './search/turn-indexing.service.js';

/** Takes transcribed turns from the queue. */
@Injectable()
export class TurnConsumer implements OnApplicationBootstrap, WorkHandler<TurnTranscribed> {
  constructor(
    private readonly bus: MessageBus,
    private readonly replies: ReplyService,
    private readonly feedback: FeedbackService,
    private readonly evaluations: EvaluationService,
    private readonly summaries: SessionSummaryService,
    private readonly indexing: TurnIndexing,
    private readonly lessons: SessionLessons,
    private readonly practice: TurnPractice,
    private readonly failures: TurnFailureService,
    @Inject(CONVERSATION_CONFIG) private readonly config: ConversationConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.bus.consumeWork('turnTranscribed', this, this.config.work);
  }

  /** The turn is answered when its reply is whole; what comes after may fail without failing it. */
  async handle(turn: TurnTranscribed, { signal, isRequeued }: WorkContext): Promise<void> {
    if (isRequeued) await this.failures.withdraw(turn.identity);
    await this.replies.answer(turn, signal);
    await Promise.all([
      this.afterwards('feedback', () => this.feedback.give(turn, signal)),
      this.afterwards('evaluation', () => this.evaluations.evaluate(turn, signal)),
      this.afterwards('summary', () => this.summaries.renew(turn, signal)),
      this.afterwards('index', () => this.indexing.add(turn)),
      this.afterwards('lesson', () => this.lessons.noteTurn(turn)),
      this.afterwards('practice', () => this.practice.count(turn)),
    ]);
  }

  async fail(error: AppError, about: Partial<RequestIdentity>): Promise<void> {
    await this.failures.report('conversation', error, about);
  }

  private async afterwards(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn({ err: error, what }, 'what follows a reply failed; the turn stays answered');
    }
  }
}
