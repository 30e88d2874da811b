import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type { Logger } from '@parlance/telemetry';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { until } from '../../../../test/support/until.js';
import type { SessionChunks } from './session-chunks.js';
import { SessionRecorder } from './session-recorder.js';

const SECOND = 32_000;

/** A recorder over a store that may be down or slow. */
function recorder({ flushAfterMs = 60_000, firstIndex = 0 } = {}) {
  const stored: { index: number; time: number; bytes: number }[] = [];
  const store = { isDown: false, delay: Promise.resolve() };
  const chunks = {
    put: async (_session: string, index: number, time: number, pcm: Buffer) => {
      await store.delay;
      if (store.isDown) throw new AppError('store.unavailable', 'Not just now.');
      stored.push({ index, time, bytes: pcm.length });
    },
    mark: () => Promise.resolve(),
  };
  const options = { tenant: 'acme', session: 'S', firstIndex, flushAfterMs };
  let clock = 1_000;
  const session = new SessionRecorder(
    options,
    chunks as unknown as SessionChunks,
    silentLogger as Logger,
    () => (clock += 1),
  );
  return { session, stored, store };
}

describe('the recorder of a session', () => {
  it('stores a chunk for every second, and the rest when it is closed', async () => {
    const { session, stored } = recorder({ firstIndex: 4 });
    for (let part = 0; part < 25; part += 1) await session.write(Buffer.alloc(SECOND / 10));
    await session.close();
    expect(stored.map(({ index, bytes }) => [index, bytes])).toEqual([
      [4, SECOND],
      [5, SECOND],
      [6, SECOND / 2],
    ]);
    expect(stored[0]!.time).toBeLessThan(stored[1]!.time);
  });

  it('stores what has waited for its time, however little', async () => {
    const { session, stored } = recorder({ flushAfterMs: 20 });
    await session.write(Buffer.alloc(640));
    await until(() => stored.length > 0);
    expect(stored).toMatchObject([{ index: 0, bytes: 640 }]);
    await session.close();
    expect(stored).toHaveLength(1);
  });

  it('keeps what a store that is down did not take, and stores it in order once it is back', async () => {
    const { session, stored, store } = recorder();
    store.isDown = true;
    await session.write(Buffer.alloc(SECOND));
    await session.write(Buffer.alloc(SECOND));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stored).toEqual([]);
    store.isDown = false;
    await session.write(Buffer.alloc(SECOND));
    await session.close();
    expect(stored.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('holds no more than some seconds: then writes wait, or are refused while the store is down', async () => {
    const { session, stored, store } = recorder();
    let open: () => void = () => undefined;
    store.delay = new Promise((resolve) => (open = resolve));
    for (let second = 0; second < 8; second += 1) await session.write(Buffer.alloc(SECOND));
    let isWritten = false;
    const ninth = session.write(Buffer.alloc(SECOND)).then(() => (isWritten = true));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isWritten).toBe(false);
    open();
    await ninth;
    store.isDown = true;
    for (let second = 0; second < 9; second += 1)
      await session.write(Buffer.alloc(SECOND)).catch(() => undefined);
    await expect(session.write(Buffer.alloc(SECOND))).rejects.toMatchObject({ code: 'store.unavailable' });
    await expect(session.close()).rejects.toMatchObject({ code: 'store.unavailable' });
    store.isDown = false;
    await session.close();
    expect(stored.map(({ index }) => index)).toEqual(stored.map((_, index) => index));
  });

  it('records nothing once it is closed', async () => {
    const { session } = recorder();
    await session.close();
    await expect(session.write(Buffer.alloc(2))).rejects.toMatchObject({ code: 'request.invalid' });
  });
});
