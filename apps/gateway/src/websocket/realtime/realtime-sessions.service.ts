import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { RealtimeSessionSettings, RealtimeSessionView } from '@parlance/contracts';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { LiveConversations } from '../../live/live-conversations.service.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { LiveRecognition } from '../../recognition/live-recognition.service.js';
import { nameOfDefault } from '../../recognition/openai-models.config.js';
import { VoiceSessions } from '../../sessions/voice-sessions.service.js';
import { VoicesService } from '../../synthesis/voices.service.js';
import type { ClientSocket } from '../client-socket.js';
import { RealtimeConversation } from './realtime-conversation.js';
import { RealtimeConversationSession } from './realtime-conversation-session.js';
import type { RealtimeHandshake } from './realtime-handshake.js';
import { RealtimeSession } from './realtime-session.js';
import {
  transcriptionSessionView,
  settingsOf,
  transcriptionConfig,
  type RealtimeSettings,
} from './realtime-settings.js';
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
    if (handshake.isTranscription) return this.transcribe(usedBy, handshake);
    return new RealtimeConversationSession({
      idleMs: this.config.streamIdleMs,
      handshake,
      begin: (client) => this.conversation(usedBy, handshake, client),
    });
  }

  /** @param bound  what a client secret has the session begin with
   *  @returns a session that transcribes, whatever the handshake asks for */
  transcribe(
    usedBy: QuotaSubject,
    { model, isBeta }: RealtimeHandshake,
    bound?: RealtimeSessionSettings,
  ): RealtimeSession {
    const { streamIdleMs: idleMs, decoder, recognition } = this.config;
    // Clients name a model whether or not their secret does, and it may be one of conversation.
    const named = bound && !this.knownModels.includes(model) ? '' : model;
    return new RealtimeSession({
      idleMs,
      isBeta,
      begin: (client) =>
        new RealtimeTranscription(client, {
          first: settingsOf(named || this.defaultName, bound),
          isBeta,
          ffmpegPath: decoder.ffmpegPath,
          openStream: (settings: RealtimeSettings) =>
            this.recognition.open(
              transcriptionConfig(settings, recognition.openAiModels),
              { tenant: usedBy.tenant },
              client.over,
              usedBy,
            ),
        }),
    });
  }

  /** How a session will begin that is opened with these settings, where its client names no model. */
  describe(settings: RealtimeSessionSettings): RealtimeSessionView {
    return transcriptionSessionView(`sess_${ulid()}`, settingsOf(this.defaultName, settings));
  }

  /** Models that a client can want nothing but transcription of. */
  get knownModels(): readonly string[] {
    const { defaultModel, otherModels, openAiModels } = this.config.recognition;
    return [...openAiModels.map(({ name }) => name), defaultModel, ...otherModels];
  }

  private get defaultName(): string {
    const { openAiModels, defaultModel } = this.config.recognition;
    return nameOfDefault(openAiModels, defaultModel);
  }

  private async conversation(
    usedBy: QuotaSubject,
    { model, isBeta }: RealtimeHandshake,
    client: ClientSocket,
  ): Promise<RealtimeConversation> {
    const { decoder, turns, recognition } = this.config;
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
      first: settingsOf(this.defaultName),
      models: recognition.openAiModels,
      ffmpegPath: decoder.ffmpegPath,
      answerMs: turns.answerLimitMs,
      requireVoice: (voice) => this.voices.require(voice, AbortSignal.timeout(VOICE_CHECK_MS)),
      ended: async () => void (await this.sessions.end(usedBy, id, 'client')),
    });
    realtime.follow();
    return realtime;
  }
}
