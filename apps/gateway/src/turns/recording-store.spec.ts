import { uncountedBytes } from '../../../../test/support/unlimited.js';
import { describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@parlance/errors';
import type { ObjectBody, ObjectStore } from '@parlance/messaging';
import { gatewaySchema } from '../gateway.config.js';
import { RecordingStore } from './recording-store.js';

const IDENTITY = { tenant: 'acme', session: '01SESSION', turn: '01TURN' };
const STALL_MS = 300;
/** More than pipes and buffers hold. */
const MINUTE = Buffer.alloc(60 * 32_000, 'some sound');

interface Put {
  readonly key: string;
  readonly body: Buffer;
}

/** A store whose put does what the test wants; what it kept is in `kept`. */
function storeWith(put: (read: () => Promise<Buffer>) => Promise<void>, ffmpeg = 'ffmpeg') {
  const kept: Put[] = [];
  const objects: Pick<ObjectStore, 'put'> = {
    put: async (key, content: ObjectBody, contentType) => {
      const parts: Uint8Array[] = [];
      let body = Buffer.alloc(0);
      await put(async () => {
        for await (const part of content as AsyncIterable<Uint8Array>) parts.push(part);
        return (body = Buffer.concat(parts));
      });
      kept.push({ key, body });
      return { key, contentType, bytes: body.length };
    },
  };
  const { decoder } = gatewaySchema.parse({ PARLANCE_FFMPEG: ffmpeg });
  return { kept, recordings: new RecordingStore(objects as ObjectStore, uncountedBytes, { decoder }) };
}

const unavailable = new AppError('store.unavailable', 'The object store is not reachable just now.');
const begin = (recordings: RecordingStore) => recordings.begin(IDENTITY, STALL_MS);

describe('a recording on its way to the store', () => {
  it('is kept whole', async () => {
    const { recordings, kept } = storeWith(async (read) => void (await read()));
    const recording = recordings.begin(IDENTITY);
    for (let minute = 0; minute < 10; minute++) await recording.write(MINUTE);
    const reference = await recording.finish();
    expect(reference.bytes).toBe(kept[0]?.body.length);
    expect(kept[0]?.body.toString('latin1', 0, 4)).toBe('fLaC');
  });

  it.each([
    ['fails before it reads', () => Promise.reject(unavailable)],
    ['never reads', () => new Promise<never>(() => undefined)],
  ])('is refused by its code where the store %s, however long it is', async (_, put) => {
    const { recordings, kept } = storeWith(put);
    const recording = begin(recordings);
    const written = (async () => {
      for (let minute = 0; minute < 10; minute++) await recording.write(MINUTE);
      await recording.finish();
    })();
    await expect(written).rejects.toMatchObject({ code: 'store.unavailable', retryable: true });
    expect(kept).toEqual([]);
  });

  it('is refused where the store reads all and never answers', async () => {
    const { recordings } = storeWith(async (read) => {
      await read();
      await new Promise(() => undefined);
    });
    const recording = begin(recordings);
    // So little fits the pipe: however slow the encoder begins, the write does not wait for it.
    await recording.write(MINUTE.subarray(0, 32_000));
    await expect(recording.finish()).rejects.toMatchObject({ code: 'store.unavailable' });
  });

  it.each([
    ['is killed', 'kill -9 $$'],
    ['fails', 'exit 1'],
  ])('is not kept where the encoder %s: it would be cut short', async (_, end) => {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-encoder-'));
    try {
      const encoder = join(folder, 'ffmpeg');
      writeFileSync(encoder, `#!/bin/sh\nprintf fLaC; head -c 64000 > /dev/null; ${end}\n`);
      chmodSync(encoder, 0o755);
      const { recordings, kept } = storeWith(async (read) => void (await read()), encoder);
      const recording = begin(recordings);
      const written = recording.write(MINUTE).then(() => recording.finish());
      await expect(written).rejects.toMatchObject({ code: 'store.unavailable', retryable: true });
      expect(kept).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
