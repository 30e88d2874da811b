import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { ObjectReference, TurnIdentity } from '@parlance/contracts';
import { TurnRepository } from '@parlance/persistence';
import { ObjectStore } from '@parlance/messaging';
import { isAppError } from '@parlance/errors';
import { Bulkhead, outsideCall } from '@parlance/resilience';
import { counter, LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { StoredBytes } from '../recordings/stored-bytes.service.js';
import { RecordingStore } from './recording-store.js';

/** Encoders that run at once, and recordings that wait for one: each is held in memory. */
const MOST_AT_ONCE = 4;
const MOST_WAITING = 64;

/** An encoder is started so long behind its turn: someone waits for the reply, which has the processors until then. */
const REPLY_FIRST_MS = 1_000;
/** Longest time in which a recording is tried to be stored. */
const KEEP_LIMIT_MS = 30_000;

const lost = () => counter('parlance_turn_recordings_lost_total');

/** Stores the recordings of live utterances beside their turns, which are answered meanwhile. A store that is slow or away costs the
 *  recording, never the turn. */
@Injectable()
export class UtteranceRecordings {
  private readonly slots = new Bulkhead({
    ...{ limit: MOST_AT_ONCE, queue: MOST_WAITING, refusal: 'store.unavailable' },
    message: 'Many recordings are being stored just now.',
  });
  /** An utterance is all there: where its recording breaks off, because the store restarts, it is written again. */
  private readonly keeping = outsideCall({
    name: 'The object store',
    timeoutMs: KEEP_LIMIT_MS,
    totalMs: KEEP_LIMIT_MS,
    attempts: 4,
    isRetryable: (error) => isAppError(error) && error.code === 'store.unavailable',
    breaker: { failures: 20, halfOpenAfterMs: 1_000 },
  });

  constructor(
    private readonly recordings: RecordingStore,
    private readonly objects: ObjectStore,
    private readonly turns: TurnRepository,
    private readonly stored: StoredBytes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Stores what was said in a turn that is published. Resolves when it is stored, or the turn is known to have no recording; never
   *  rejects. @param pcm  16 kHz mono s16le */
  async keep(identity: TurnIdentity, pcm: Buffer, behindMs = REPLY_FIRST_MS): Promise<void> {
    try {
      await sleep(behindMs);
      await withSpan('turn.record', { identity }, () => this.store(identity, pcm));
    } catch (err) {
      lost().inc();
      this.logger.warn({ err, turn: identity.turn }, 'what was said in a turn could not be recorded');
      await this.turns.dropRecording(identity).catch(() => undefined);
    }
  }

  private async store(identity: TurnIdentity, pcm: Buffer): Promise<void> {
    const release = await this.slots.acquire(undefined, identity.tenant);
    try {
      const { key, bytes } = await this.keeping.execute(() => this.write(identity, pcm));
      // A turn that was deleted meanwhile leaves nothing.
      if (await this.turns.find(identity)) return;
      await this.objects.delete(key);
      await this.stored.removed(key, bytes);
    } finally {
      release();
    }
  }

  private async write(identity: TurnIdentity, pcm: Buffer): Promise<ObjectReference> {
    const recording = this.recordings.begin(identity);
    try {
      await recording.write(pcm);
      return await recording.finish();
    } finally {
      recording.discard();
    }
  }
}
