import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { RequestIdentity, TurnTranscribed } from '@parlance/contracts';
import type { AppError } from '@parlance/errors';
import { MessageBus, type WorkContext, type WorkHandler } from '@parlance/messaging';
import { TurnFailureService } from '@parlance/turns';
import { CONVERSATION_CONFIG, type ConversationConfig } from './conversation.config.js';
import { ReplyService } from './reply/reply.service.js';
import { AnsweredTurns } from './answered-turns.service.js';

/** Takes transcribed turns from the queue. */
@Injectable()
export class TurnConsumer implements OnApplicationBootstrap, WorkHandler<TurnTranscribed> {
  constructor(
    private readonly bus: MessageBus,
    private readonly replies: ReplyService,
    private readonly answered: AnsweredTurns,
    private readonly failures: TurnFailureService,
    @Inject(CONVERSATION_CONFIG) private readonly config: ConversationConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.bus.consumeWork('turnTranscribed', this, this.config.work);
  }

  /** The turn is answered when its reply is whole; what comes after may fail without failing it. */
  async handle(turn: TurnTranscribed, { signal, isRequeued }: WorkContext): Promise<void> {
    if (isRequeued) await this.failures.withdraw(turn.identity);
    await this.replies.answer(turn, signal);
    await this.answered.complete(turn, signal);
  }

  async fail(error: AppError, about: Partial<RequestIdentity>): Promise<void> {
    await this.failures.report('conversation', error, about);
  }
}
