import { Inject, Injectable } from '@nestjs/common';
import type { SpeakQuery } from '@parlance/contracts';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { DeepgramSpeech } from '../../synthesis/deepgram-speech.service.js';
import { SpeakSession } from './speak-session.js';

/** Longest wait for the list of voices. */
const VOICE_CHECK_MS = 5_000;

/** Makes the sessions of `/v1/speak`. */
@Injectable()
export class SpeakSessions {
  constructor(
    private readonly speech: DeepgramSpeech,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'streamIdleMs' | 'turns'>,
  ) {}

  /** @returns a session that holds nothing until its client sends a text */
  create(usedBy: QuotaSubject, query: SpeakQuery): SpeakSession {
    const { speech, config } = this;
    return new SpeakSession({
      query,
      idleMs: config.streamIdleMs,
      requireVoice: () => speech.requireVoice(query.model, AbortSignal.timeout(VOICE_CHECK_MS)),
      speak: async (text, left) => {
        // A client that does not read holds its text up no longer than this.
        const signal = AbortSignal.any([left, AbortSignal.timeout(config.turns.answerLimitMs)]);
        const { audio } = await speech.speak({ ...query, text }, usedBy, signal);
        return audio;
      },
    });
  }
}
