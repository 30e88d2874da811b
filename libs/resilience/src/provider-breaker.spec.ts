import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AppError } from '@parlance/errors';
import { isLeftAlone, outsideCall, PROVIDER_BREAKER, watchBreakers } from './outside-call.js';

describe("a provider's breaker", () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function provider() {
    let asked = 0;
    const call = outsideCall({ name: 'Provider', timeoutMs: 1_000, attempts: 1, breaker: PROVIDER_BREAKER });
    const ask = async (works: boolean): Promise<'answered' | 'failed' | 'left alone'> => {
      const answer = call.execute(async () => {
        asked += 1;
        if (!works) throw new Error('down');
      });
      return answer.then(
        () => 'answered',
        (error: AppError) => (isLeftAlone(error) ? 'left alone' : 'failed'),
      );
    };
    const several = async (count: number, works: boolean): Promise<void> => {
      for (let call = 0; call < count; call += 1) await ask(works);
    };
    return { ask, several, asked: () => asked };
  }

  it('stays closed under ten calls, whatever becomes of them', async () => {
    const { ask, several } = provider();
    await several(9, false);
    expect(await ask(true)).toBe('answered');
  });

  it('opens when half of ten calls have failed, and stays closed under half', async () => {
    const under = provider();
    await under.several(6, true);
    await under.several(4, false);
    expect(await under.ask(true)).toBe('answered');

    const half = provider();
    await half.several(5, true);
    await half.several(5, false);
    expect(await half.ask(true)).toBe('left alone');
    expect(half.asked()).toBe(10);
  });

  it('does not count what lies more than a minute back', async () => {
    const { ask, several } = provider();
    await several(9, false);
    jest.advanceTimersByTime(60_001);
    expect(await ask(false)).toBe('failed');
    expect(await ask(true)).toBe('answered');
  });

  it('tries one call after a minute: a good one closes it, a bad one opens it for another minute', async () => {
    const { ask, several } = provider();
    await several(10, false);
    jest.advanceTimersByTime(59_999);
    expect(await ask(true)).toBe('left alone');
    jest.advanceTimersByTime(1);
    expect(await ask(false)).toBe('failed');
    expect(await ask(true)).toBe('left alone');
    jest.advanceTimersByTime(60_000);
    expect(await ask(true)).toBe('answered');
    // Closed, and what was before is forgotten.
    expect(await ask(false)).toBe('failed');
    expect(await ask(true)).toBe('answered');
  });
});

describe('the deadline of all attempts', () => {
  it('ends a call whose attempts and pauses take too long together', async () => {
    let attempts = 0;
    const call = outsideCall({ name: 'Provider', timeoutMs: 10_000, totalMs: 150, attempts: 20 });
    const started = Date.now();
    const failing = call.execute(async () => {
      attempts += 1;
      throw new Error('down');
    });
    await expect(failing).rejects.toMatchObject({ code: 'request.deadline_exceeded' });
    expect(Date.now() - started).toBeLessThan(1_000);
    expect(attempts).toBeLessThan(20);
  });

  it('leaves an attempt only what is left of the time', async () => {
    const call = outsideCall({ name: 'Provider', timeoutMs: 10_000, totalMs: 60, attempts: 3 });
    const started = Date.now();
    const waiting = call.execute(() => new Promise(() => undefined));
    await expect(waiting).rejects.toMatchObject({ code: 'request.deadline_exceeded' });
    expect(Date.now() - started).toBeLessThan(1_000);
  });
});

describe('who watches breakers', () => {
  afterEach(() => {
    watchBreakers(() => undefined);
    jest.useRealTimers();
  });

  it('is told once that one opens, however often a trial fails, and once that it closes', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const told: [string, boolean][] = [];
    watchBreakers((callee, isOpen) => told.push([callee, isOpen]));
    const breaker = { failures: 2, halfOpenAfterMs: 1_000 };
    const call = outsideCall({ name: 'Provider', timeoutMs: 1_000, attempts: 1, breaker });
    const fail = () => call.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    await fail();
    expect(told).toEqual([]);
    await fail();
    jest.setSystemTime(1_002_000);
    await fail();
    expect(told).toEqual([['Provider', true]]);
    jest.setSystemTime(1_004_000);
    await call.execute(() => Promise.resolve());
    expect(told).toEqual([
      ['Provider', true],
      ['Provider', false],
    ]);
  });
});
