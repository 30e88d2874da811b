import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { RealtimeSessionSettings, RealtimeSessionView } from '@parlance/contracts';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { LiveRecognition } from '../../recognition/live-recognition.service.js';
import { nameOfDefault } from '../../recognition/openai-models.config.js';
import type { RealtimeHandshake } from './realtime-handshake.js';
import { RealtimeSession } from './realtime-session.js';
import {
  transcriptionSessionView,
  settingsOf,
  transcriptionConfig,
  type RealtimeSettings,
} from './realtime-settings.js';
import { RealtimeTranscription } from './realtime-transcription.js';

/** Makes the sessions of `/v1/realtime`. */
@Injectable()
export class RealtimeSessions {
  constructor(
    private readonly recognition: LiveRecognition,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** @param bound  what a client secret has the session begin with
   *  @returns a session that holds nothing until its client sends something */
  create(
    usedBy: QuotaSubject,
    handshake: RealtimeHandshake,
    bound?: RealtimeSessionSettings,
  ): RealtimeSession {
    const { recognition, config } = this;
    const { openAiModels } = config.recognition;
    const { model, isBeta } = handshake;
    // Clients name a model whether or not their secret does, and it may be one of conversation.
    const named = bound && !this.knownModels.includes(model) ? '' : model;
    return new RealtimeSession({
      idleMs: config.streamIdleMs,
      handshake: bound ? { ...handshake, isTranscription: true } : handshake,
      begin: (client) =>
        new RealtimeTranscription(client, {
          first: settingsOf(named || this.defaultName, bound),
          isBeta,
          ffmpegPath: config.decoder.ffmpegPath,
          openStream: (settings: RealtimeSettings) =>
            recognition.open(
              transcriptionConfig(settings, openAiModels),
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
}
