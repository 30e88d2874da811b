import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { LiveRecognition } from '../../recognition/live-recognition.service.js';
import { nameOfDefault } from '../../recognition/openai-models.config.js';
import type { RealtimeHandshake } from './realtime-handshake.js';
import { RealtimeSession } from './realtime-session.js';
import { transcriptionConfig, type RealtimeSettings } from './realtime-settings.js';
import { RealtimeTranscription } from './realtime-transcription.js';

/** Makes the sessions of `/v1/realtime`. */
@Injectable()
export class RealtimeSessions {
  constructor(
    private readonly recognition: LiveRecognition,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** @returns a session that holds nothing until its client sends something */
  create(usedBy: QuotaSubject, handshake: RealtimeHandshake): RealtimeSession {
    const { recognition, config } = this;
    const { model, isBeta } = handshake;
    const { openAiModels, defaultModel } = config.recognition;
    return new RealtimeSession({
      idleMs: config.streamIdleMs,
      handshake,
      begin: (client) =>
        new RealtimeTranscription(client, {
          model: model || nameOfDefault(openAiModels, defaultModel),
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

  /** Models that a client can want nothing but transcription of. */
  get knownModels(): readonly string[] {
    const { defaultModel, otherModels, openAiModels } = this.config.recognition;
    return [...openAiModels.map(({ name }) => name), defaultModel, ...otherModels];
  }
}
