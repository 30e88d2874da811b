import { Inject, Injectable } from '@nestjs/common';
import {
  AccountRepository,
  PrivacyJobRepository,
  SessionRepository,
  type PrivacyJobRecord,
} from '@parlance/persistence';
import { OwnTokens } from '../auth/own-tokens.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { SessionDeletion } from '../recordings/session-deletion.service.js';
import { VoiceSessions } from '../sessions/voice-sessions.service.js';
import { LearnerRegistry } from './learner-registry.js';
import { sessionsOf } from './sessions-of-learner.js';

const DAY_MS = 86_400_000;
const TOGETHER = 100;

/** What a pass of an erasure came to. */
export interface ErasurePass {
  readonly change: Pick<PrivacyJobRecord, 'state' | 'parts' | 'sessions'> & Partial<PrivacyJobRecord>;
  readonly isOver: boolean;
}

/** Removes everything that is kept about a learner. Each pass may be repeated, from its beginning, by any process. */
@Injectable()
export class LearnerErasure {
  constructor(
    private readonly registry: LearnerRegistry,
    private readonly sessions: SessionRepository,
    private readonly accounts: AccountRepository,
    private readonly tokens: OwnTokens,
    private readonly voiceSessions: VoiceSessions,
    private readonly deletion: SessionDeletion,
    private readonly jobs: PrivacyJobRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'privacy'>,
  ) {}

  /**
   * Ends what the learner has open, then removes part after part. A second pass, once whoever was in the middle of something must have
   * ended, looks for what was written late; the erasure is over when a pass has found nothing.
   * @param stillMine  throws where another process has the job by now
   */
  async pass(
    job: PrivacyJobRecord & { readonly user: string },
    holder: string,
    stillMine: () => void,
    now = new Date(),
  ): Promise<ErasurePass> {
    const { tenant, user } = job;
    await this.endAll(tenant, user);
    const sessions = await this.noteSessions(job, holder);
    const parts: Record<string, number> = { ...job.parts };
    let found = 0;
    for (const part of this.registry.parts) {
      stillMine();
      const count = await part.eraseLearner(tenant, user);
      parts[part.part] = (parts[part.part] ?? 0) + count;
      found += count;
    }
    for (const id of job.sessions) {
      stillMine();
      await this.deletion.deleteRest(tenant, id);
    }
    if (job.state !== 'verifying' || found > 0) {
      const dueAt = new Date(now.getTime() + this.config.privacy.verifyAfterMs);
      return { change: { state: 'verifying', parts, sessions, dueAt }, isOver: false };
    }
    const expiresAt = new Date(now.getTime() + DAY_MS);
    const over = { state: 'done', parts, sessions: [], finishedAt: now, expiresAt } as const;
    return { change: over, isOver: true };
  }

  /** Access tokens and the sockets that they have open, and sessions on every replica. */
  private async endAll(tenant: string, user: string): Promise<void> {
    await this.accounts.endTokens(tenant, user);
    this.tokens.forget({ tenant, id: user });
    for (;;) {
      const active = await this.sessions.page(tenant, { user, status: 'active', limit: TOGETHER });
      for (const { id } of active) await this.voiceSessions.end({ tenant, user }, id, 'erased');
      if (active.length < TOGETHER) return;
    }
  }

  /** Stored before they are removed: late writers know no user, only their session. */
  private async noteSessions(job: PrivacyJobRecord & { readonly user: string }, holder: string) {
    const known = new Set(job.sessions);
    for await (const { id } of sessionsOf(this.sessions, job.tenant, job.user)) known.add(id);
    const sessions = [...known];
    await this.jobs.record(job.id, holder, { sessions });
    return sessions;
  }
}
