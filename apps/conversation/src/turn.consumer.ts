import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { turnIdentitySchema, type RequestIdentity, type TurnTranscribed } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { MessageBus, workOptionsFrom, type WorkContext, type WorkHandler } from '@parlance/messaging';
import { TurnRepository } from '@parlance/persistence';
import { CONVERSATION_CONFIG, type ConversationConfig } from './conversation.config.js';
import { ReplyService } from './reply/reply.service.js';

/** Takes transcribed turns from the queue. */
@Injectable()
export class TurnConsumer implements OnApplicationBootstrap, WorkHandler<TurnTranscribed> {
  constructor(
    @Inject(MessageBus) private readonly bus: MessageBus,
    @Inject(ReplyService) private readonly replies: ReplyService,
    @Inject(TurnRepository) private readonly turns: TurnRepository,
    @Inject(CONVERSATION_CONFIG) private readonly config: ConversationConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.bus.consumeWork('turnTranscribed', this, {
      ...workOptionsFrom(this.config),
      handlingLimitMs: this.config.PARLANCE_REPLY_LIMIT_MS,
    });
  }

  async handle(turn: TurnTranscribed, { signal }: WorkContext): Promise<void> {
    await this.replies.answer(turn, signal);
  }

  async giveUp(error: AppError, about: Partial<RequestIdentity>): Promise<void> {
    const identity = turnIdentitySchema.safeParse(about);
    // Nobody waits for a message that does not say whose it is.
    if (!identity.success) return;
    const { code, message, retryable } = error;
    const failure = { stage: 'conversation', error: { code, message, retryable } } as const;
    await this.turns.fail(identity.data, failure);
    await this.bus.publishEvent({ name: 'turn.failed', data: { identity: identity.data, ...failure } });
  }
}
