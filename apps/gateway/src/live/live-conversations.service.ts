import { Inject, Injectable } from '@nestjs/common';
import { MessageBus, ObjectStore } from '@parlance/messaging';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { LiveRecognition } from '../recognition/live-recognition.service.js';
import { TurnService } from '../turns/turn.service.js';
import { LiveRecordings } from './conversation-recording.js';
import { Interruptions } from './interruptions.service.js';
import { LiveConversation, type ConversationOptions } from './live-conversation.js';

/** Opens live conversations, for every API that has them. */
@Injectable()
export class LiveConversations {
  constructor(
    private readonly recognition: LiveRecognition,
    private readonly turns: TurnService,
    private readonly bus: MessageBus,
    private readonly objects: ObjectStore,
    private readonly recordings: LiveRecordings,
    private readonly interruptions: Interruptions,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'decoder'>,
  ) {}

  /** @throws AppError upstream.unavailable */
  open(options: Omit<ConversationOptions, 'ffmpegPath'>): Promise<LiveConversation> {
    const { recognition, turns, bus, objects, recordings, interruptions, config } = this;
    const { ffmpegPath } = config.decoder;
    return LiveConversation.open(
      { recognition, turns, bus, objects, recordings, interruptions },
      { ...options, ffmpegPath },
    );
  }
}
