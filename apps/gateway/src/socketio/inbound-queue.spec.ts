import { describe, expect, it } from '@jest/globals';
import { InboundQueue } from './inbound-queue.js';

describe('the queue of what a client sends', () => {
  it('is worked off in order, also where something fails', async () => {
    const queue = new InboundQueue();
    const done: number[] = [];
    const work = async (index: number) => {
      await new Promise((resolve) => setTimeout(resolve, 3 - index));
      if (index === 1) throw new Error('fails');
      done.push(index);
    };
    const results = await Promise.allSettled([0, 1, 2].map((index) => queue.add(0, () => work(index))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(done).toEqual([0, 2]);
  });

  it('refuses what is more than it may hold, and takes it again when there is room', async () => {
    const queue = new InboundQueue();
    const gate = Promise.withResolvers<void>();
    const first = queue.add(8 * 1024 ** 2, () => gate.promise);
    await expect(queue.add(1, async () => undefined)).rejects.toMatchObject({
      code: 'quota.exceeded',
      retryable: true,
    });
    const many = Array.from({ length: 255 }, () => queue.add(0, async () => undefined));
    await expect(queue.add(0, async () => undefined)).rejects.toMatchObject({ code: 'quota.exceeded' });
    const forced = queue.append(0, async () => 'done');
    gate.resolve();
    await Promise.all([first, ...many]);
    expect(await forced).toBe('done');
    expect(await queue.add(100, async () => 'again')).toBe('again');
  });
});
