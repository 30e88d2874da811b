import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type {
  BoundSession,
  ConversationSessionSettings,
  RealtimeClientSecret,
  RealtimeSessionSettings,
} from '@parlance/contracts';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { LiveConversations } from '../../live/live-conversations.service.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { LiveRecognition } from '../../recognition/live-recognition.service.js';
import { nameOfDefault } from '../../recognition/openai-models.config.js';
import { VoiceSessions } from '../../sessions/voice-sessions.service.js';
import { VoicesService } from '../../synthesis/voices.service.js';
import type { ClientSocket } from '../client-socket.js';
import {
  conversationOf,
  conversationView,
  DEFAULT_VOICE,
  type ConversationSettings,
} from './conversation-settings.js';
import { RealtimeConversation, type RealtimeConversationOptions } from './realtime-conversation.js';
import { noSuchModel, refusedVoice, RealtimeConversationSession } from './realtime-conversation-session.js';
import { isConversationModel, type RealtimeHandshake } from './realtime-handshake.js';
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

  /** @param bound  what a client secret has the session begin with, of the kind that the handshake asks for
   *  @returns a session that holds no recognition until its client sends audio */
  create(
    usedBy: QuotaSubject,
    handshake: RealtimeHandshake,
    bound?: BoundSession,
  ): RealtimeSession | RealtimeConversationSession {
    if (bound?.type === 'transcription') return this.transcribe(usedBy, handshake, bound);
    if (bound) return this.converse(usedBy, handshake, bound);
    return handshake.isTranscription ? this.transcribe(usedBy, handshake) : this.converse(usedBy, handshake);
  }

  /** How a session will begin that is opened with these settings, where its client names no model.
   *  @throws AppError model.not_found, voice.not_found; as the list of voices is refused */
  async describe(bound: BoundSession | undefined): Promise<RealtimeClientSecret['session']> {
    const id = `sess_${ulid()}`;
    if (bound?.type === 'transcription')
      return transcriptionSessionView(id, settingsOf(this.defaultName, bound));
    if (bound?.model !== undefined && !isConversationModel(bound.model)) throw noSuchModel('session.model');
    return conversationView(id, await this.knownConversation('', bound));
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

  private transcribe(
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

  private converse(
    usedBy: QuotaSubject,
    { model, isBeta }: RealtimeHandshake,
    bound?: ConversationSessionSettings,
  ): RealtimeConversationSession {
    // As above: here it may be one of transcription.
    const named = bound && !isConversationModel(model) ? '' : model;
    return new RealtimeConversationSession({
      idleMs: this.config.streamIdleMs,
      model: named,
      begin: async (client) =>
        this.conversation(usedBy, { isBeta, settings: await this.knownConversation(named, bound) }, client),
    });
  }

  /** @throws AppError voice.not_found; as the list of voices is refused */
  private async knownConversation(
    model: string,
    bound: ConversationSessionSettings | undefined,
  ): Promise<ConversationSettings> {
    const settings = conversationOf(model, settingsOf(this.defaultName), bound);
    const { voice } = settings.response;
    if (voice !== DEFAULT_VOICE)
      await this.requireVoice(voice).catch((error: unknown) =>
        Promise.reject(refusedVoice(error, 'session.audio.output.voice')),
      );
    return settings;
  }

  private requireVoice(voice: string): Promise<void> {
    return this.voices.require(voice, AbortSignal.timeout(VOICE_CHECK_MS));
  }

  private async conversation(
    usedBy: QuotaSubject,
    { settings, isBeta }: Pick<RealtimeConversationOptions, 'settings' | 'isBeta'>,
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
      settings,
      isBeta,
      first: settingsOf(this.defaultName),
      models: recognition.openAiModels,
      ffmpegPath: decoder.ffmpegPath,
      answerMs: turns.answerLimitMs,
      requireVoice: (voice) => this.requireVoice(voice),
      ended: async () => void (await this.sessions.end(usedBy, id, 'client')),
    });
    realtime.follow();
    return realtime;
  }
}
