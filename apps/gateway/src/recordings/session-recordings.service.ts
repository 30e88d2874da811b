import { Inject, Injectable } from '@nestjs/common';
import type { ObjectReference } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { ObjectStore } from '@parlance/messaging';
import { SessionRepository } from '@parlance/persistence';
import { Bulkhead } from '@parlance/resilience';
import { counter, LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import { Ffmpeg, FLAC_TO_PCM_ARGUMENTS } from '../media/ffmpeg.js';
import { RecordingStore, recordingsOf, type RecordingInProgress } from '../turns/recording-store.js';
import { RecordingCards, type RecordingCard } from './recording-cards.js';
import { SessionChunks, type SessionChunk } from './session-chunks.js';
import { StoredBytes } from './stored-bytes.service.js';
import { SessionLeases } from './session-leases.service.js';
import { SessionRecorder } from './session-recorder.js';

const joins = () => counter('parlance_session_recordings_joined_total');

/** Recordings of whole live sessions: stored as the sound comes, joined when the session has ended. Joined they are FLAC, as
 *  those of turns are: nothing is lost for a later look, and what a resumed session adds costs no quality. */
@Injectable()
export class SessionRecordings {
  /** Each join runs an encoder. */
  private readonly slots = new Bulkhead({
    ...{ limit: 2, queue: 64, refusal: 'store.unavailable' },
    message: 'Many recordings are being joined just now.',
  });

  constructor(
    private readonly chunks: SessionChunks,
    private readonly cards: RecordingCards,
    private readonly recordings: RecordingStore,
    private readonly leases: SessionLeases,
    private readonly objects: ObjectStore,
    private readonly sessions: SessionRepository,
    private readonly stored: StoredBytes,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'decoder'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Begins to record a session, or goes on with it. Whoever ends the session closes the recorder and calls `join`; after a
   *  lost connection closing is enough.
   *  @throws AppError session.not_found, store.unavailable */
  async open(tenant: string, session: string): Promise<SessionRecorder> {
    await this.sessions.get(tenant, session);
    await this.chunks.mark(session, { tenant, aliveAt: Date.now() });
    const before = await this.chunks.list(session);
    const firstIndex = before.reduce((next, { index }) => Math.max(next, index + 1), 0);
    const options = { tenant, session, firstIndex };
    return new SessionRecorder(options, this.chunks, this.logger);
  }

  /** Joins what was recorded and not joined yet, and removes the chunks. Does nothing the second time.
   *  @throws AppError store.unavailable; what is left then is joined later, by whichever replica comes first */
  async join(tenant: string, session: string): Promise<void> {
    await this.slots.run(() =>
      this.leases.run(session, () =>
        withSpan('recording.join', { identity: { tenant, session } }, () => this.joinAlone(tenant, session)),
      ),
    );
  }

  /** @throws AppError session.not_found, recording.not_found where nothing was recorded, or it is not joined yet */
  async find(tenant: string, session: string): Promise<{ audio: ObjectReference; durationMs: number }> {
    await this.sessions.get(tenant, session);
    const card = await this.cards.find(tenant, session);
    if (!card || !(await this.objects.head(card.audio.key)))
      throw new AppError('recording.not_found', 'There is no recording of this session (yet).');
    return { audio: card.audio, durationMs: card.durationMs };
  }

  /** As `remove`, by a caller without the lease. @throws AppError session.not_found, store.unavailable */
  async delete(tenant: string, session: string): Promise<void> {
    await this.sessions.get(tenant, session);
    await this.leases.run(session, () => this.remove(tenant, session));
  }

  /** Removes the recording of a session, joined or not. The caller holds the session's lease. */
  async remove(tenant: string, session: string): Promise<void> {
    await this.chunks.removeAll(session);
    const card = await this.cards.find(tenant, session);
    if (card) await this.removeAudio(card);
    await this.cards.remove(tenant, session);
  }

  private async joinAlone(tenant: string, session: string): Promise<void> {
    // A session that was deleted meanwhile leaves nothing.
    if (!(await this.sessions.find(tenant, session))) return this.chunks.removeAll(session);
    const card = await this.cards.find(tenant, session);
    const found = await this.chunks.list(session);
    const known = new Set(card?.joined);
    const fresh = found.filter(({ key }) => !known.has(key));
    if (fresh.length > 0) {
      await this.write(tenant, session, card, fresh);
      joins().inc();
    }
    await this.chunks.remove(found);
    await this.chunks.unmark(session);
  }

  /** Writes the recording under a new key, then the card that names it, then removes the one before. */
  private async write(
    tenant: string,
    session: string,
    before: RecordingCard | undefined,
    fresh: readonly SessionChunk[],
  ): Promise<void> {
    const version = (before?.version ?? 0) + 1;
    const recording = this.recordings.beginUnder(`${recordingsOf(tenant, session)}session-${version}.flac`);
    try {
      if (before) await this.copy(before, recording);
      for (const chunk of fresh) await recording.write(await this.chunks.read(chunk));
      const audio = await recording.finish();
      const freshMs = fresh.reduce((sum, { bytes }) => sum + bytes, 0) / PCM_BYTES_PER_MS;
      const durationMs = Math.round((before?.durationMs ?? 0) + freshMs);
      await this.cards.put(tenant, session, {
        audio,
        durationMs,
        version,
        joined: fresh.map(({ key }) => key),
      });
    } catch (error) {
      recording.discard();
      throw error;
    }
    if (before) await this.removeAudio(before);
  }

  private async removeAudio({ audio }: RecordingCard): Promise<void> {
    // What the store's limits have removed was counted then.
    if (!(await this.objects.head(audio.key))) return;
    await this.objects.delete(audio.key);
    await this.stored.removed(audio.key, audio.bytes);
  }

  private async copy({ audio }: RecordingCard, recording: RecordingInProgress): Promise<void> {
    const stored = await this.objects.get(audio.key);
    // Removed by the store's limits: what comes now is all there is.
    if (!stored) return;
    const ffmpeg = new Ffmpeg(this.config.decoder.ffmpegPath, FLAC_TO_PCM_ARGUMENTS);
    let fault: unknown;
    const written = ffmpeg.writeAll(stored.content).catch((error: unknown) => {
      fault = error;
      ffmpeg.stop();
    });
    try {
      for await (const pcm of ffmpeg.output as AsyncIterable<Buffer>) await recording.write(pcm);
      await written;
      if (fault !== undefined || (await ffmpeg.exited) !== 0)
        throw new AppError('store.unavailable', 'The recording so far could not be read.', { cause: fault });
    } finally {
      ffmpeg.stop();
      stored.content.destroy();
    }
  }
}
