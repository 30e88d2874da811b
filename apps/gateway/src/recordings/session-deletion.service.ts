import { Inject, Injectable } from '@nestjs/common';
import { MessageBus, ObjectStore } from '@parlance/messaging';
import { SessionRepository, TurnRepository } from '@parlance/persistence';
import { LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { recordingsOf } from '../turns/recording-store.js';
import { StoredBytes } from './stored-bytes.service.js';
import { SessionLeases } from './session-leases.service.js';
import { SessionRecordings } from './session-recordings.service.js';

/** Sessions of a user that are looked up at a time. */
const PAGE = 100;

/** Deletes what the platform has of a session: recordings, spoken replies, events, dead letters, turns, and the session. */
@Injectable()
export class SessionDeletion {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly recordings: SessionRecordings,
    private readonly leases: SessionLeases,
    private readonly objects: ObjectStore,
    private readonly bus: MessageBus,
    private readonly stored: StoredBytes,
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

  /** Deletes the recording only. @throws AppError session.not_found, store.unavailable */
  async deleteRecording(tenant: string, session: string): Promise<void> {
    await this.sessions.get(tenant, session);
    await this.leases.run(session, () => this.recordings.remove(tenant, session));
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
    await this.recordings.remove(tenant, session);
    await this.eraseSpeech(tenant, session);
    // Before the recordings: one that is just being stored is removed below, or by whoever finds its turn gone.
    await this.turns.deleteSession(tenant, session);
    for await (const { key, bytes } of this.objects.list(recordingsOf(tenant, session))) {
      await this.objects.delete(key);
      await this.stored.removed(key, bytes);
    }
    await this.bus.forgetSession(tenant, session);
    await this.sessions.delete(tenant, session);
  }

  /** Equal sentences share their audio: what another session still has stays. */
  private async eraseSpeech(tenant: string, session: string): Promise<void> {
    for (let after = 0; ;) {
      const page = await this.turns.list(tenant, session, { after, limit: PAGE });
      const keys = new Set(page.flatMap(({ speech }) => speech.map(({ audio }) => audio.key)));
      for (const key of keys) {
        if (await this.turns.isSpokenElsewhere(tenant, session, key)) continue;
        // The cache's card first: one that is found means that the audio is there.
        await this.objects.delete(key.replace(/\.[^./]+$/, '.json'));
        await this.objects.delete(key);
      }
      if (page.length < PAGE) return;
      after = page.at(-1)!.sequence;
    }
  }
}
