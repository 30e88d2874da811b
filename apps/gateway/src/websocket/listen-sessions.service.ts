import { Inject, Injectable } from '@nestjs/common';
import type { ListenQuery } from '@parlance/contracts';
import { MessageBus, ObjectStore } from '@parlance/messaging';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { modelOfAlias } from '../recognition/deepgram-models.config.js';
import { LiveRecognition } from '../recognition/live-recognition.service.js';
import { recognitionModel } from '../recognition/openai-models.config.js';
import { VoiceSessions } from '../sessions/voice-sessions.service.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { TurnService } from '../turns/turn.service.js';
import { ListenSession } from './listen-session.js';

/** Makes the sessions of `/v1/listen`. */
@Injectable()
export class ListenSessions {
  constructor(
    private readonly recognition: LiveRecognition,
    private readonly voices: VoicesService,
    private readonly sessions: VoiceSessions,
    private readonly turns: TurnService,
    private readonly bus: MessageBus,
    private readonly objects: ObjectStore,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** @returns a session that holds nothing until it is admitted */
  create(usedBy: QuotaSubject, query: ListenQuery, requestId: string): ListenSession {
    const { recognition, voices, sessions, turns, bus, objects, config } = this;
    const { tenant, user } = usedBy;
    const { publicUrl } = config.http;
    const { deepgramModels, openAiModels } = config.recognition;
    return new ListenSession(
      { recognition, voices, sessions, turns, bus, objects, publicUrl },
      {
        requestId,
        tenant,
        user,
        usedBy,
        query,
        model: recognitionModel(openAiModels, modelOfAlias(deepgramModels, query.model)),
        ffmpegPath: config.decoder.ffmpegPath,
        idleMs: config.streamIdleMs,
        answerMs: config.turns.answerLimitMs,
      },
    );
  }
}
