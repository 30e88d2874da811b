import { describe, expect, it } from '@jest/globals';
import { StartRate } from './work.consumer.js';

const open = new AbortController().signal;

describe('the rate at which work is started', () => {
  it('spaces starts evenly, whoever asks', async () => {
    const rate = new StartRate(50);
    const begun = performance.now();
    await Promise.all([1, 2, 3, 4, 5].map(() => rate.next(open)));
    const tookMs = performance.now() - begun;
    expect(tookMs).toBeGreaterThanOrEqual(78);
  });

  it('holds nothing back without a limit, nor where the consumer stops', async () => {
    const begun = performance.now();
    await new StartRate(0).next(open);
    const slow = new StartRate(1);
    await slow.next(open);
    await slow.next(AbortSignal.abort());
    expect(performance.now() - begun).toBeLessThan(900);
  });
});
