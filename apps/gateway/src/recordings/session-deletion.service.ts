import { Inject, Injectable } from '@nestjs/common';
import { MessageBus } from '@parlance/messaging';
import { ClosingSummaryRepository, SessionRepository, TurnRepository } from '@parlance/persistence';
import { LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { SessionAudio } from './session-audio.service.js';
import { SessionLeases } from './session-leases.service.js';

/** Sessions of a user that are looked up at a time. */
const PAGE = 100;

/** Deletes what the platform has of a session: recordings, spoken replies, events, dead letters, turns, its summary, and the session. */
@Injectable()
export class SessionDeletion {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly summaries: ClosingSummaryRepository,
    private readonly audio: SessionAudio,
    private readonly leases: SessionLeases,
    private readonly bus: MessageBus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Resolves when nothing is left. What stops it in the middle leaves the session, so that it can be called again.
   *  @throws AppError session.not_found, store.unavailable, upstream.unavailable */
  async deleteSession(tenant: string, session: string): Promise<void> {
    await this.sessions.get(tenant, session);
    await this.leases.run(session, () =>
      withSpan('session.delete', { identity: { tenant, session } }, () => this.erase(tenant, session)),
    );
    this.logger.info({ session }, 'session deleted');
  }

  /** Removes what late writers have left of a session that was deleted. @throws AppError store.unavailable, upstream.unavailable */
  async deleteRest(tenant: string, session: string): Promise<void> {
    await this.leases.run(session, () => this.erase(tenant, session));
  }

  /** Deletes all sessions of a user. @returns how many there were */
  async deleteUser(tenant: string, user: string): Promise<number> {
    for (let count = 0; ;) {
      const ids = await this.sessions.idsOfUser(tenant, user, PAGE);
      for (const id of ids) await this.deleteSession(tenant, id);
      count += ids.length;
      if (ids.length < PAGE) return count;
    }
  }

  private async erase(tenant: string, session: string): Promise<void> {
    await this.audio.eraseOfTurns(tenant, session);
    // Before the recordings: one that is just being stored is removed below, or by whoever finds its turn gone.
    await this.turns.deleteSession(tenant, session);
    await this.audio.eraseRecorded(tenant, session);
    await this.summaries.delete(tenant, session);
    await this.bus.forgetSession(tenant, session);
    await this.sessions.delete(tenant, session);
  }
}
