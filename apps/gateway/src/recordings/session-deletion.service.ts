import { Inject, Injectable } from '@nestjs/common';
import { MessageBus, ObjectStore } from '@parlance/messaging';
import {
  ClosingSummaryRepository,
  KeptSpeechRepository,
  SessionRepository,
  TurnRepository,
} from '@parlance/persistence';
import { LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { recordingsOf } from '../turns/recording-store.js';
import { StoredBytes } from './stored-bytes.service.js';
import { SessionLeases } from './session-leases.service.js';
import { SessionRecordings } from './session-recordings.service.js';

/** Sessions of a user that are looked up at a time. */
const PAGE = 100;
/** Sentences that were made for one session: it has 1,000 turns at most. */
const MOST_SPEECH = 20_000;

/** Deletes what the platform has of a session: recordings, spoken replies, events, dead letters, turns, its summary, and the session. */
@Injectable()
export class SessionDeletion {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly summaries: ClosingSummaryRepository,
    private readonly recordings: SessionRecordings,
    private readonly leases: SessionLeases,
    private readonly objects: ObjectStore,
    private readonly bus: MessageBus,
    private readonly keptSpeech: KeptSpeechRepository,
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

  /** Removes what late writers have left of a session that was deleted. @throws AppError store.unavailable, upstream.unavailable */
  async deleteRest(tenant: string, session: string): Promise<void> {
    await this.leases.run(session, () => this.erase(tenant, session));
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
    await this.summaries.delete(tenant, session);
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
        // The cache's record first: one that is found means that the audio is there.
        await this.eraseAudio(tenant, key);
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.sequence;
    }
    await this.eraseUnrecorded(tenant, session);
  }

  /** Speech that was made for the session, and came too late for its turn. */
  private async eraseUnrecorded(tenant: string, session: string): Promise<void> {
    for (const key of await this.keptSpeech.audioOfSession(tenant, session, MOST_SPEECH))
      if (!(await this.turns.isSpokenElsewhere(tenant, session, key))) await this.eraseAudio(tenant, key);
    await this.keptSpeech.disown(tenant, session);
  }

  private async eraseAudio(tenant: string, key: string): Promise<void> {
    await this.keptSpeech.forget(tenant, key);
    await this.objects.delete(key);
  }
}
