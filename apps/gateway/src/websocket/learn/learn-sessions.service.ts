import { Inject, Injectable } from '@nestjs/common';
import {
  languageCode,
  type LearnStart,
  type SessionContext,
  type SessionSettings,
} from '@parlance/contracts';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { LiveConversations } from '../../live/live-conversations.service.js';
import { VoiceSessions } from '../../sessions/voice-sessions.service.js';
import type { ClientSocket } from '../client-socket.js';
import { LearnCatalogue } from './learn-catalogue.service.js';
import { LearnConversation } from './learn-conversation.js';
import { LearnSession } from './learn-session.js';

/** How fast replies are spoken to beginners. */
const SPEEDS: Partial<Record<NonNullable<LearnStart['user_level']>, number>> = { A1: 0.8, A2: 0.9 };

/** Makes the sockets' sessions of `/v1/learn`, and the learning sessions on them. */
@Injectable()
export class LearnSessions {
  constructor(
    private readonly conversations: LiveConversations,
    private readonly sessions: VoiceSessions,
    private readonly catalogue: LearnCatalogue,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  create(caller: QuotaSubject): LearnSession {
    const { catalogue, config } = this;
    const begin = (start: LearnStart, client: ClientSocket) => this.begin(caller, start, client);
    return new LearnSession({ idleMs: config.streamIdleMs, tenant: caller.tenant, catalogue, begin });
  }

  private async begin(
    caller: QuotaSubject,
    start: LearnStart,
    client: ClientSocket,
  ): Promise<LearnConversation> {
    const { decoder, turns } = this.config;
    // A tenant's own backend speaks for its learner.
    const learner = { tenant: caller.tenant, user: caller.user ?? start.user_external_id };
    const { session } = await this.sessions.begin(learner, {
      settings: settingsOf(start),
      context: contextOf(start),
    });
    const { tenant, id } = session;
    const conversation = await this.conversations.open({
      tenant,
      session: id,
      after: undefined,
      reply: { speak: true },
      usedBy: { ...caller, user: learner.user },
    });
    const learning = new LearnConversation(id, conversation, client, {
      start,
      ffmpegPath: decoder.ffmpegPath,
      answerMs: turns.answerLimitMs,
      ended: async () => void (await this.sessions.end(learner, id, 'client')),
    });
    await learning.begin();
    return learning;
  }
}

function settingsOf(start: LearnStart): Partial<SessionSettings> {
  const { target_language: language, user_level: level, assess, expected_text: expectedText } = start;
  const speed = (level && SPEEDS[level]) ?? 1;
  return { language: languageCode(language), speed, assess, expectedText };
}

function contextOf(start: LearnStart): Partial<SessionContext> {
  const { teaching_mode: mode, scenario_id: scenario, user_level: level } = start;
  return {
    mode,
    ...(scenario === undefined ? {} : { scenario }),
    ...(level === undefined ? {} : { level }),
    motherLanguage: start.mother_language,
    targetLanguage: start.target_language,
  };
}
