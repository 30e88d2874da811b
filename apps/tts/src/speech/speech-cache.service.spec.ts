import { describe, expect, it } from '@jest/globals';
import type { ObjectStore } from '@parlance/messaging';
import type { KeptSpeechRecord, KeptSpeechRepository } from '@parlance/persistence';
import { SpeechCache, type KeptSpeech } from './speech-cache.service.js';
import { speechOrder } from './speech-order.js';

const MINUTE_MS = 60_000;
const order = speechOrder({ text: 'Hello.', voice: '', encoding: '', speed: 1, tenant: 'acme' });
const facts = { engine: 'e', voice: 'v', durationMs: 100, words: [] };

/** Objects and records that processes share, in memory. */
class Shared {
  readonly objects = new Map<string, Buffer>();
  readonly records = new Map<string, KeptSpeechRecord>();

  /** A cache as another process has it. */
  cache(): SpeechCache {
    const objects = {
      put: (key: string, body: Buffer, contentType: string) => {
        this.objects.set(key, body);
        return Promise.resolve({ key, contentType, bytes: body.length });
      },
      delete: (key: string) => Promise.resolve(void this.objects.delete(key)),
    };
    const { records } = this;
    const repository: Pick<
      KeptSpeechRepository,
      'use' | 'add' | 'totalBytes' | 'leastRecentlyUsed' | 'remove'
    > = {
      use: async (key, now) => {
        const found = records.get(key);
        if (found) records.set(key, { ...found, usedAt: now });
        return records.get(key);
      },
      add: async (record) => {
        if (!records.has(record.key)) records.set(record.key, record);
        return records.get(record.key)!;
      },
      totalBytes: async () => [...records.values()].reduce((sum, { audio }) => sum + audio.bytes, 0),
      leastRecentlyUsed: async (limit) =>
        [...records.values()].sort((one, other) => +one.usedAt - +other.usedAt).slice(0, limit),
      remove: async ({ key, usedAt }) => records.get(key)?.usedAt === usedAt && records.delete(key),
    };
    return new SpeechCache(objects as unknown as ObjectStore, repository as KeptSpeechRepository);
  }

  /** Ten bytes of speech, kept by a process. */
  async keep(key: string, cache = this.cache()): Promise<KeptSpeech> {
    const audio = await cache.store(key, order, Buffer.alloc(10));
    return cache.keep(key, order, { audio, ...facts });
  }

  /** Kept speech, each ten bytes, used so many minutes ago. */
  async fill(...minutesAgo: number[]): Promise<void> {
    for (const [index, minutes] of minutesAgo.entries()) {
      await this.keep(`k${index}`);
      const usedAt = new Date(Date.now() - minutes * MINUTE_MS);
      this.records.set(`k${index}`, { ...this.records.get(`k${index}`)!, usedAt });
    }
  }
}

describe('the speech cache', () => {
  const roomy = { maxBytes: 1_000, maxAgeMs: 60 * MINUTE_MS };

  it('gives up what nobody has used for longest when it takes too much, with its audio', async () => {
    const shared = new Shared();
    await shared.fill(5, 30, 1, 20);
    expect(await shared.cache().sweep({ ...roomy, maxBytes: 25 })).toBe(2);
    expect([...shared.records.keys()]).toEqual(['k0', 'k2']);
    expect(shared.objects.size).toBe(2);
  });

  it('gives up what nobody has used for its age, also where there is room', async () => {
    const shared = new Shared();
    await shared.fill(61, 59);
    expect(await shared.cache().sweep(roomy)).toBe(1);
    expect([...shared.records.keys()]).toEqual(['k1']);
  });

  it('counts finding as using', async () => {
    const shared = new Shared();
    await shared.fill(61, 62);
    await shared.cache().find('k1');
    expect(await shared.cache().sweep(roomy)).toBe(1);
    expect([...shared.records.keys()]).toEqual(['k1']);
  });

  it('is swept by several processes at once without giving up more than is needed', async () => {
    const shared = new Shared();
    await shared.fill(9, 8, 7, 6, 5, 4, 3, 2);
    const caches = [shared.cache(), shared.cache(), shared.cache()];
    const removed = await Promise.all(caches.map((cache) => cache.sweep({ ...roomy, maxBytes: 40 })));
    expect(removed.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(shared.objects.size).toBe(4);
  });

  it('keeps one audio where two processes have made the same', async () => {
    const shared = new Shared();
    const [one, other] = await Promise.all(
      [shared.cache(), shared.cache()].map((cache) => shared.keep('k', cache)),
    );
    expect(one!.audio.key).toBe(other!.audio.key);
    expect([...shared.objects.keys()]).toEqual([one!.audio.key]);
  });

  it('does not lose speech that is made anew while its forerunner is removed', async () => {
    const shared = new Shared();
    await shared.fill(100);
    const [record] = shared.records.values();
    // Another process has removed the record, and is about to remove the audio.
    shared.records.delete('k0');
    const kept = await shared.keep('k0');
    shared.objects.delete(record!.audio.key);
    expect(shared.objects.has(kept.audio.key)).toBe(true);
  });
});
