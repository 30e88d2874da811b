import { Injectable } from '@nestjs/common';
import { ObjectStore } from '@parlance/messaging';
import { KeptSpeechRepository, TurnRepository } from '@parlance/persistence';
import { recordingsOf } from '../turns/recording-store.js';
import { SessionRecordings } from './session-recordings.service.js';
import { StoredBytes } from './stored-bytes.service.js';

/** Turns that are looked at at a time. */
const PAGE = 100;
/** Sentences that were made for one session: it has 1,000 turns at most. */
const MOST_SPEECH = 20_000;

/** The sound of a session, of both sides. The caller holds the session's lease. */
@Injectable()
export class SessionAudio {
  constructor(
    private readonly recordings: SessionRecordings,
    private readonly turns: TurnRepository,
    private readonly keptSpeech: KeptSpeechRepository,
    private readonly objects: ObjectStore,
    private readonly stored: StoredBytes,
  ) {}

  /** Removes the recording of the session and its spoken replies, by the turns that name them. @throws AppError store.unavailable */
  async eraseOfTurns(tenant: string, session: string): Promise<void> {
    await this.recordings.remove(tenant, session);
    await this.eraseSpeech(tenant, session);
  }

  /** Removes what was recorded of turns, once these are gone. @throws AppError store.unavailable */
  async eraseRecorded(tenant: string, session: string): Promise<void> {
    for await (const { key, bytes } of this.objects.list(recordingsOf(tenant, session))) {
      await this.objects.delete(key);
      await this.stored.removed(key, bytes);
    }
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
    // Earlier releases kept the cache's records, with their words, beside the audio.
    await this.objects.delete(key.replace(/\.[^./]+$/, '.json'));
    await this.objects.delete(key);
  }
}
