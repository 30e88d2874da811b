import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcStreamCall } from '@nestjs/microservices';
import { failCall, GrpcErrorFilter } from '@parlance/rpc';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { LiveConversations } from '../../live/live-conversations.service.js';
import { VoiceSessions } from '../../sessions/voice-sessions.service.js';
import { VoicesService } from '../../synthesis/voices.service.js';
import { GrpcCallers } from '../grpc-callers.service.js';
import { ConverseStream, type ConverseCall } from './converse-stream.js';

/** The public API parlance.voice.v1.Conversation. */
@Controller()
@UseFilters(GrpcErrorFilter)
export class ConversationController {
  constructor(
    private readonly callers: GrpcCallers,
    private readonly conversations: LiveConversations,
    private readonly sessions: VoiceSessions,
    private readonly voices: VoicesService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Raw streams pass no Nest guard or filter, so identity and faults are seen to here; never rejects. */
  @GrpcStreamCall('Conversation', 'Converse')
  async converse(call: ConverseCall): Promise<void> {
    const { conversations, sessions, voices, config } = this;
    try {
      await this.callers.admitted('Conversation/Converse', call.metadata, async (caller) => {
        const stream = new ConverseStream(
          call,
          { conversations, sessions, voices },
          {
            caller,
            ffmpegPath: config.decoder.ffmpegPath,
            models: config.recognition.openAiModels,
            idleMs: config.streamIdleMs,
            answerMs: config.turns.answerLimitMs,
          },
        );
        await this.callers.streamed(caller, stream, () => stream.run());
      });
      call.end();
    } catch (error) {
      if (!call.cancelled) failCall(call, error);
    }
  }
}
