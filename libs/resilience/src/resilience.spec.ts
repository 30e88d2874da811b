import { describe, expect, it } from '@jest/globals';
import { AppError } from '#libs/errors';
import { Bulkhead } from './bulkhead.js';
import { outsideCall } from './outside-call.js';

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: AppError) => error.code,
  );

describe('outsideCall', () => {
  it('tries again after a retryable fault and gives the answer', async () => {
    let calls = 0;
    const call = outsideCall({ name: 'Callee', timeoutMs: 1_000, attempts: 3 });
    const answer = await call.execute(() =>
      ++calls < 2 ? Promise.reject(new Error('reset')) : Promise.resolve('answer'),
    );
    expect([answer, calls]).toEqual(['answer', 2]);
  });

  it('does not repeat what cannot succeed', async () => {
    let calls = 0;
    const call = outsideCall({ name: 'Callee', timeoutMs: 1_000, attempts: 3 });
    const refused = call.execute(() => {
      calls += 1;
      return Promise.reject(new AppError('request.invalid', 'no'));
    });
    expect(await codeOf(refused)).toBe('request.invalid');
    expect(calls).toBe(1);
  });

  it('ends an attempt at its deadline even when the callee ignores the signal', async () => {
    const call = outsideCall({ name: 'Callee', timeoutMs: 20, attempts: 1 });
    expect(await codeOf(call.execute(() => new Promise(() => undefined)))).toBe('request.deadline_exceeded');
  });

  it('opens its breaker after repeated failures and stops calling', async () => {
    let calls = 0;
    const call = outsideCall({
      name: 'Callee',
      timeoutMs: 1_000,
      attempts: 1,
      breaker: { failures: 2, halfOpenAfterMs: 60_000 },
    });
    const fail = () => {
      calls += 1;
      return Promise.reject(new Error('down'));
    };
    for (let attempt = 0; attempt < 4; attempt += 1)
      expect(await codeOf(call.execute(fail))).toBe('upstream.unavailable');
    expect(calls).toBe(2);
  });
});

describe('Bulkhead', () => {
  it('runs up to its limit, queues up to its bound and refuses the rest with a retryable code', async () => {
    const bulkhead = new Bulkhead({ limit: 1, queue: 1, refusal: 'inference.overloaded', message: 'full' });
    const first = await bulkhead.acquire();
    const second = bulkhead.acquire();
    expect(await codeOf(bulkhead.acquire())).toBe('inference.overloaded');
    first();
    (await second)();
    expect([bulkhead.active, bulkhead.queued]).toEqual([0, 0]);
  });

  it('lets a cancelled waiter leave the queue', async () => {
    const bulkhead = new Bulkhead({ limit: 1, queue: 1, refusal: 'inference.overloaded', message: 'full' });
    const release = await bulkhead.acquire();
    const controller = new AbortController();
    const waiting = bulkhead.acquire(controller.signal);
    controller.abort();
    expect(await codeOf(waiting)).toBe('request.cancelled');
    release();
    expect(bulkhead.active).toBe(0);
  });
});
