import { EventEmitter } from 'node:events';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { AccessGuard, Needs } from './access.guard.js';
import type { Admissions } from './admissions.service.js';
import type { Authenticator } from './authenticator.service.js';
import type { Quotas } from '../quotas/quotas.service.js';

/** An answer under way to a caller whose key is looked at again. */
async function underWay(recheck?: () => Promise<unknown>, expiresAt?: number) {
  const response = Object.assign(new EventEmitter(), {
    ...{ setHeader: () => undefined, destroyed: false },
    destroy: () => {
      response.destroyed = true;
      response.emit('close');
    },
  });
  const caller = {
    tenant: 'acme',
    role: 'owner',
    ...(recheck ? { recheck } : {}),
    ...(expiresAt ? { expiresAt } : {}),
  };
  let open = 1;
  const guard = new AccessGuard(
    { authenticateHeader: async () => caller } as unknown as Authenticator,
    { admit: async () => () => void (open -= 1), states: async () => [] } as unknown as Quotas,
    {} as Admissions,
    new Reflector(),
  );
  const http = {
    getRequest: () => ({ method: 'GET', headers: {}, get: () => undefined }),
    getResponse: () => response,
  };
  await guard.canActivate({
    ...{ switchToHttp: () => http, getHandler: () => underWay, getClass: () => AccessGuard },
  } as unknown as ExecutionContext);
  return { response, open: () => open };
}

describe('an answer under way', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is broken off soon after the key was revoked', async () => {
    let fault: AppError | undefined;
    const { response, open } = await underWay(async () => {
      if (fault) throw fault;
    });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(response.destroyed).toBe(false);
    fault = new AppError('store.unavailable', 'away');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(response.destroyed).toBe(false);
    fault = new AppError('auth.invalid_token', 'revoked');
    await jest.advanceTimersByTimeAsync(2_000);
    expect([response.destroyed, open()]).toEqual([true, 0]);
  });

  it('is not broken off by the time of a token that was good when it began', async () => {
    const { response } = await underWay(async () => undefined, Date.now() + 1_000);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(response.destroyed).toBe(false);
  });

  it('leaves no timer behind', async () => {
    for (const recheck of [undefined, async () => undefined]) {
      const { response } = await underWay(recheck);
      response.emit('close');
      expect(jest.getTimerCount()).toBe(0);
    }
  });
});

describe('a request in the name of a learner who was erased', () => {
  /** Routes, one of which is also for the erased. */
  class Routes {
    usual(): void {}

    @Needs({ evenErased: true })
    allowed(): void {}
  }

  it.each([
    ['GET', 'usual', 'let in'],
    ['DELETE', 'usual', 'let in'],
    ['POST', 'usual', 'learner.erased'],
    ['PUT', 'usual', 'learner.erased'],
    ['PATCH', 'usual', 'learner.erased'],
    ['POST', 'allowed', 'let in'],
  ] as const)('by %s of a route that is %s is answered: %s', async (method, route, expected) => {
    const response = Object.assign(new EventEmitter(), { setHeader: () => undefined, destroyed: false });
    const admissions = {
      admit: () => Promise.reject(new AppError('learner.erased', 'erased')),
    } as unknown as Admissions;
    const guard = new AccessGuard(
      {
        authenticateHeader: async () => ({ tenant: 'acme', role: 'owner', key: 'k' }),
      } as unknown as Authenticator,
      { admit: async () => () => undefined, states: async () => [] } as unknown as Quotas,
      admissions,
      new Reflector(),
    );
    const request = { method, headers: {}, get: () => 'ada' };
    const answer = await guard
      .canActivate({
        switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }),
        ...{ getHandler: () => Routes.prototype[route], getClass: () => Routes },
      } as unknown as ExecutionContext)
      .then(
        () => 'let in',
        (error: AppError) => error.code,
      );
    expect(answer).toBe(expected);
  });
});
