import { describe, expect, it } from '@jest/globals';
import type { TurnIdentity } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { ObjectStore } from '@parlance/messaging';
import type { TurnRepository } from '@parlance/persistence';
import { aTurn, anIdentity } from '../../../../test/support/turn-factory.js';
import { uncountedBytes } from '../../../../test/support/unlimited.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import type { RecordingStore } from './recording-store.js';
import { TurnAudioService } from './turn-audio.service.js';
import type { StoredTurns } from './stored-turns.service.js';
import { UtteranceRecordings } from './utterance-recordings.service.js';

const KEY = 'recordings/acme/s/t.flac';
const AWAY = new AppError('store.unavailable', 'The object store is not reachable just now.');

/** Recordings over parts that note what they do. */
function recordings({ finish = () => Promise.resolve(), isDeleted = false } = {}) {
  const done: string[] = [];
  const store = {
    begin: () => ({
      write: (pcm: Buffer) => Promise.resolve(void done.push(`${pcm.length} written`)),
      finish: () => finish().then(() => ({ key: KEY })),
      discard: () => undefined,
    }),
  };
  const objects = { delete: (key: string) => Promise.resolve(void done.push(`${key} deleted`)) };
  const turns = {
    find: (identity: TurnIdentity) => Promise.resolve(isDeleted ? undefined : { id: identity.turn }),
    dropRecording: () => Promise.resolve(void done.push('recording dropped')),
  };
  const kept = new UtteranceRecordings(
    store as unknown as RecordingStore,
    objects as unknown as ObjectStore,
    turns as unknown as TurnRepository,
    uncountedBytes,
    silentLogger,
  );
  return { kept, done };
}

describe('the recording of a live turn', () => {
  it('is stored behind its turn', async () => {
    const { kept, done } = recordings();
    await kept.keep(anIdentity(), Buffer.alloc(320), 0);
    expect(done).toEqual(['320 written']);
  });

  it('is not encoded while the reply is made', async () => {
    const { kept, done } = recordings();
    const keeping = kept.keep(anIdentity(), Buffer.alloc(320), 60);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done).toEqual([]);
    await keeping;
    expect(done).toEqual(['320 written']);
  });

  it('is removed again where its turn was deleted while it was stored', async () => {
    const { kept, done } = recordings({ isDeleted: true });
    await kept.keep(anIdentity(), Buffer.alloc(320), 0);
    expect(done).toEqual(['320 written', `${KEY} deleted`]);
  });

  it('is written again where the store breaks off', async () => {
    const faults = [AWAY];
    const finish = () => (faults.length > 0 ? Promise.reject(faults.shift()!) : Promise.resolve());
    const { kept, done } = recordings({ finish });
    await kept.keep(anIdentity(), Buffer.alloc(320), 0);
    expect(done).toEqual(['320 written', '320 written']);
  });

  it.each([
    ['while the store stays away', AWAY, 4],
    ['for a reason that lasts', new AppError('internal.unexpected', 'The encoder broke.'), 1],
  ])('that cannot be stored %s is taken back from its turn, which stays', async (_, fault, attempts) => {
    const { kept, done } = recordings({ finish: () => Promise.reject(fault) });
    await kept.keep(anIdentity(), Buffer.alloc(320), 0);
    expect(done).toEqual([...Array.from({ length: attempts }, () => '320 written'), 'recording dropped']);
  });
});

/** The sound of one turn, whose recording is stored at the `storedAt`th look. */
function audio(storedAt: number, parts: object) {
  let looks = 0;
  const objects = {
    get: () => {
      looks += 1;
      return Promise.resolve(looks < storedAt ? undefined : { reference: { bytes: 7 }, content: {} });
    },
  };
  const turns = { get: () => Promise.resolve({ ...aTurn(), createdAt: new Date(), ...parts }) };
  return new TurnAudioService(turns as unknown as StoredTurns, objects as unknown as ObjectStore);
}

describe('a recording that is asked for', () => {
  const recording = { key: KEY, contentType: 'audio/flac' };

  it('while it is on its way to the store is waited for', async () => {
    const { bytes } = await audio(3, { recording }).recording('acme', 't');
    expect(bytes).toBe(7);
  });

  it('that takes longer is refused as not ready', async () => {
    await expect(audio(Infinity, { recording }).recording('acme', 't', 20)).rejects.toMatchObject({
      code: 'recording.not_ready',
      retryable: true,
    });
  });

  it.each([
    ['was lost with its process', { recording, createdAt: new Date(0) }],
    ['was stored whole and is gone', { recording: { ...recording, bytes: 7 } }],
    ['never was', { recording: undefined }],
  ])('and %s is not found, at once', async (_, parts) => {
    await expect(audio(Infinity, parts).recording('acme', 't')).rejects.toMatchObject({
      code: 'recording.not_found',
    });
  });
});
