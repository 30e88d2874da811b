import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { RequestIdentity, TurnTranscribed } from '@parlance/contracts';
import type { AppError } from '@parlance/errors';
import { MessageBus, type WorkContext, type WorkHandler } from '@parlance/messaging';
import { TurnFailureService } from '@parlance/turns';
import { CONVERSATION_CONFIG, type ConversationConfig } from './conversation.config.js';
import { ReplyService } from './reply/reply.service.js';

/** Takes transcribed turns from the queue. */
@Injectable()
export class TurnConsumer implements OnApplicationBootstrap, WorkHandler<TurnTranscribed> {
  constructor(
    private readonly bus: MessageBus,
    private readonly replies: ReplyService,
    private readonly failures: TurnFailureService,
    @Inject(CONVERSATION_CONFIG) private readonly config: ConversationConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.bus.consumeWork('turnTranscribed', this, this.config.work);
  }

  async handle(turn: TurnTranscribed, { signal }: WorkContext): Promise<void> {
    await this.replies.answer(turn, signal);
  }

  async fail(error: AppError, about: Partial<RequestIdentity>): Promise<void> {
    await this.failures.report('conversation', error, about);
  }
}
