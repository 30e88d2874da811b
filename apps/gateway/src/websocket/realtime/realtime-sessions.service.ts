import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { LiveConversations } from '../../live/live-conversations.service.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { LiveRecognition } from '../../recognition/live-recognition.service.js';
import { VoiceSessions } from '../../sessions/voice-sessions.service.js';
import { VoicesService } from '../../synthesis/voices.service.js';
import type { ClientSocket } from '../client-socket.js';
import { RealtimeConversation } from './realtime-conversation.js';
import { RealtimeConversationSession } from './realtime-conversation-session.js';
import type { RealtimeHandshake } from './realtime-handshake.js';
import { RealtimeSession } from './realtime-session.js';
import { transcriptionConfig, type RealtimeSettings } from './realtime-settings.js';
import { RealtimeTranscription } from './realtime-transcription.js';

/** Longest wait for the list of voices. */
const VOICE_CHECK_MS = 5_000;

/** Makes the sessions of `/v1/realtime`. */
@Injectable()
export class RealtimeSessions {
  constructor(
    private readonly recognition: LiveRecognition,
    private readonly conversations: LiveConversations,
    private readonly sessions: VoiceSessions,
    private readonly voices: VoicesService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** @returns a session that holds no recognition until its client sends audio */
  create(usedBy: QuotaSubject, handshake: RealtimeHandshake): RealtimeSession | RealtimeConversationSession {
    const { streamIdleMs: idleMs } = this.config;
    if (handshake.isTranscription)
      return new RealtimeSession({
        idleMs,
        handshake,
        begin: (client) => this.transcription(usedBy, handshake, client),
      });
    return new RealtimeConversationSession({
      idleMs,
      handshake,
      begin: (client) => this.conversation(usedBy, handshake, client),
    });
  }

  /** Models that a client can want nothing but transcription of. */
  get knownModels(): readonly string[] {
    const { defaultModel, otherModels } = this.config.recognition;
    return [defaultModel, ...otherModels];
  }

  private transcription(
    usedBy: QuotaSubject,
    { model, isBeta }: RealtimeHandshake,
    client: ClientSocket,
  ): RealtimeTranscription {
    const { recognition, config } = this;
    return new RealtimeTranscription(client, {
      model,
      isBeta,
      ffmpegPath: config.decoder.ffmpegPath,
      openStream: (settings: RealtimeSettings) =>
        recognition.open(transcriptionConfig(settings), { tenant: usedBy.tenant }, client.over, usedBy),
    });
  }

  private async conversation(
    usedBy: QuotaSubject,
    { model, isBeta }: RealtimeHandshake,
    client: ClientSocket,
  ): Promise<RealtimeConversation> {
    const { decoder, turns } = this.config;
    const { session } = await this.sessions.begin(usedBy, {});
    const { tenant, id } = session;
    const conversation = await this.conversations.open({
      tenant,
      session: id,
      after: undefined,
      reply: {},
      usedBy,
      answersAtOnce: false,
    });
    const realtime = new RealtimeConversation(id, conversation, client, {
      model,
      isBeta,
      ffmpegPath: decoder.ffmpegPath,
      answerMs: turns.answerLimitMs,
      requireVoice: (voice) => this.voices.require(voice, AbortSignal.timeout(VOICE_CHECK_MS)),
      ended: async () => void (await this.sessions.end(usedBy, id, 'client')),
    });
    realtime.follow();
    return realtime;
  }
}
