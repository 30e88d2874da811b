import { describe, expect, it } from '@jest/globals';
import { AppError, fromGrpcError, GRPC_ERROR_CODE_KEY } from '@parlance/errors';
import { Bulkhead } from './bulkhead.js';
import { outsideCall, storeFault } from './outside-call.js';

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: AppError) => error.code,
  );

/** Two failures in a row open its breaker for the rest of the test. */
const soonBroken = () =>
  outsideCall({
    name: 'Callee',
    timeoutMs: 1_000,
    attempts: 1,
    breaker: { failures: 2, halfOpenAfterMs: 60_000 },
  });

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

  it('aborts what an attempt has left behind when it ends, and nothing where calls take no signal', async () => {
    const isAborted = async (usesSignal?: boolean) => {
      const call = outsideCall({
        ...{ name: 'Callee', timeoutMs: 1_000, attempts: 1 },
        ...(usesSignal === undefined ? {} : { usesSignal }),
      });
      return (await call.execute(({ signal }) => Promise.resolve(signal))).aborted;
    };
    expect([await isAborted(), await isAborted(false)]).toEqual([true, false]);
  });

  it('opens its breaker after repeated failures and stops calling', async () => {
    let calls = 0;
    const call = soonBroken();
    const fail = () => {
      calls += 1;
      return Promise.reject(new Error('down'));
    };
    for (let attempt = 0; attempt < 4; attempt += 1)
      expect(await codeOf(call.execute(fail))).toBe('upstream.unavailable');
    expect(calls).toBe(2);
  });

  it('goes on calling a callee that is alive and refuses, or whose callers leave', async () => {
    const call = soonBroken();
    // First the one and then the other: in turns each would end the row of the other's failures.
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const refused = call.execute(() => Promise.reject(new AppError('inference.overloaded', 'full')));
      expect(await codeOf(refused)).toBe('inference.overloaded');
    }
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const leaving = new AbortController();
      const left = call.execute(() => new Promise(() => undefined), leaving.signal);
      leaving.abort();
      expect(await codeOf(left)).toBe('request.cancelled');
    }
    expect(await call.execute(() => Promise.resolve('answer'))).toBe('answer');
  });

  it('opens its breaker at the share of failures that it is told, and tries one call after a while', async () => {
    const call = outsideCall({
      ...{ name: 'Callee', timeoutMs: 1_000, attempts: 1 },
      breaker: { share: 0.5, leastCalls: 10, withinMs: 60_000, halfOpenAfterMs: 100 },
    });
    let calls = 0;
    const ask = (isUp: boolean) =>
      codeOf(
        call.execute(() => {
          calls += 1;
          return isUp ? Promise.resolve() : Promise.reject(new Error('down'));
        }),
      );
    for (let pair = 0; pair < 4; pair += 1) {
      await ask(true);
      await ask(false);
    }
    await ask(true);
    // The tenth call is the fifth failure.
    await ask(false);
    await ask(true);
    expect(calls).toBe(10);
    await new Promise((resolve) => setTimeout(resolve, 110));
    expect(await ask(true)).toBe('no error');
    expect(await ask(false)).toBe('upstream.unavailable');
    expect(await ask(true)).toBe('no error');
    expect(calls).toBe(13);
  });

  it('takes what a peer says of itself by a code for a refusal, and a peer that is gone for a failure', async () => {
    const call = soonBroken();
    const trailers = { get: (key: string) => (key === GRPC_ERROR_CODE_KEY ? ['upstream.unavailable'] : []) };
    const said = { code: 14, details: 'A voice is away.', metadata: trailers };
    for (let attempt = 0; attempt < 4; attempt += 1)
      expect(await codeOf(call.execute(() => Promise.reject(fromGrpcError(said))))).toBe(
        'upstream.unavailable',
      );
    expect(await call.execute(() => Promise.resolve('answer'))).toBe('answer');
    for (let attempt = 0; attempt < 2; attempt += 1)
      await codeOf(call.execute(() => Promise.reject(fromGrpcError({ code: 14, details: 'gone' }))));
    expect(await codeOf(call.execute(() => Promise.resolve('answer')))).toBe('upstream.unavailable');
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

  it('refuses beforehand what it has no room for, and takes nothing up by being asked', async () => {
    const bulkhead = new Bulkhead({ limit: 1, queue: 0, refusal: 'inference.overloaded', message: 'full' });
    bulkhead.refuseIfFull();
    const release = await bulkhead.acquire();
    expect(() => bulkhead.refuseIfFull()).toThrow('full');
    release();
    bulkhead.refuseIfFull();
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

  it('keeps a share of its places and of its queue for the other tenants', async () => {
    const bulkhead = new Bulkhead({ limit: 4, queue: 4, refusal: 'inference.overloaded', message: 'full' });
    const quiet = await bulkhead.acquire(undefined, 'quiet');
    quiet();
    const asked = Array.from({ length: 10 }, () => bulkhead.acquire(undefined, 'greedy'));
    const outcomes = asked.map((asking) => codeOf(asking as Promise<unknown>));
    expect(bulkhead.active).toBe(3);
    expect(bulkhead.queued).toBe(3);
    expect(await Promise.all(outcomes.slice(6))).toEqual(Array(4).fill('inference.overloaded'));
    const release = await bulkhead.acquire(undefined, 'quiet');
    expect(bulkhead.active).toBe(4);
    release();
    expect([bulkhead.active, bulkhead.queued]).toEqual([3, 3]);
  });

  it('gives a free place to the waiting tenant that has the fewest, and all of them to one that is alone', async () => {
    const bulkhead = new Bulkhead({ limit: 2, queue: 8, refusal: 'inference.overloaded', message: 'full' });
    const first = await bulkhead.acquire(undefined, 'greedy');
    await bulkhead.acquire(undefined, 'greedy');
    const order: string[] = [];
    for (const tenant of ['greedy', 'quiet'])
      void bulkhead.acquire(undefined, tenant).then(() => order.push(tenant));
    first();
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(['quiet']);
  });
});

describe('the fault of an operation on a store', () => {
  it('is store.unavailable where the store was not reached, in whatever way', () => {
    const ways = [
      new Error('10.0.0.7 refused'),
      new AppError('upstream.unavailable', 'The object store did not answer.'),
      new AppError('request.deadline_exceeded', 'The object store did not answer in time.'),
    ];
    for (const cause of ways)
      expect(storeFault('The object store', cause)).toMatchObject({
        code: 'store.unavailable',
        message: 'The object store is not reachable just now.',
        cause,
      });
  });

  it('is the fault of what was to be stored, as it is', () => {
    const own = new AppError('audio.too_long', 'A turn may last 600 seconds.');
    expect(storeFault('The object store', own)).toBe(own);
  });
});
